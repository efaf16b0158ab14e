// One page (PAGE), as an application would build it; the tests serve what lands in `dist/PAGE`.

const { PAGE } = process.env;

export default {
  logLevel: "error",
  build: {
    outDir: `dist/${PAGE}`,
    chunkSizeWarningLimit: 5000,
    rolldownOptions: { input: `${PAGE}.html` },
  },
};
