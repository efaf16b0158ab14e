// Two pages, as an application would build them; the tests serve what lands in `dist`.

export default {
  esbuild: { jsx: "automatic" },
  logLevel: "warn",
  build: {
    chunkSizeWarningLimit: 5000,
    rollupOptions: {
      input: ["assistant.html", "hook.html"],
      // "use client" means nothing here
      onwarn: (warning, warn) => warning.code !== "MODULE_LEVEL_DIRECTIVE" && warn(warning),
    },
  },
};
