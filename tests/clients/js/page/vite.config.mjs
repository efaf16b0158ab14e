// Two pages, as an application would build them; the tests serve what lands in `dist`.

export default {
  logLevel: "error",
  build: {
    chunkSizeWarningLimit: 5000,
    rolldownOptions: { input: ["assistant.html", "hook.html"] },
  },
};
