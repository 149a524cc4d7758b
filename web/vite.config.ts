// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const smallest = 1024; // bytes; below that gzip saves nothing

function gzipFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      gzipFolder(path);
    } else if (!path.endsWith('.gz')) {
      const bytes = readFileSync(path);
      if (bytes.length > smallest) writeFileSync(path + '.gz', gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
    }
  }
}

/** Writes a .gz beside each file, so that the gateway has nothing to compress. */
function gzip(): Plugin {
  let folder = 'dist';
  return {
    name: 'tagwire-gzip',
    apply: 'build',
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) folder = config.build.outDir;
    },
    closeBundle: () => gzipFolder(folder),
  };
}

/** Writes down whose code the pages hold, for packaging/sbom. */
function embedded(): Plugin {
  let root = '.';
  return {
    name: 'tagwire-embedded',
    apply: 'build',
    configResolved: (config) => {
      root = config.root;
    },
    generateBundle: (_options, bundle) => {
      const packages = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const [id, module] of Object.entries(chunk.modules)) {
          const found = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id);
          if (found && module.renderedLength > 0) packages.add(found[1]!);
        }
      }
      writeFileSync(join(root, 'node_modules/embedded-packages.json'), JSON.stringify([...packages].sort()) + '\n');
    },
  };
}

// `npm run dev` shows what a running Tagwire serves: TAGWIRE_URL says where.
const runtime = process.env.TAGWIRE_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [gzip(), embedded()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        manualChunks: (id) => (id.includes('/node_modules/uplot/') ? 'uplot' : undefined),
      },
    },
  },
  server: {
    // The Host stays as it is: the gateway takes writes of pages of its own Origin only.
    proxy: {
      '/api': { target: runtime },
      '/metrics': { target: runtime },
      '/healthz': { target: runtime },
      '/readyz': { target: runtime },
      '/ws': { target: runtime, ws: true },
    },
  },
});
