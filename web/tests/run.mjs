// SPDX-License-Identifier: Apache-2.0
// Tests of what the pages reckon, without a browser: bundles each *.test.mjs of this folder with the sources it imports and
// runs them with Node's own runner. Names given leave out the others: `npm test -- format desk`.
//
// TAGWIRE_WEB_MODULES is a node_modules with what package.json names, if it is not the one beside it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.TAGWIRE_WEB_MODULES ?? join(here, '../node_modules');
// Vite brings it.
const { buildSync } = createRequire(join(modules, '../package.json'))('esbuild');

const wanted = process.argv.slice(2);
const tests = readdirSync(here).filter((name) => name.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((part) => name.includes(part))));
const folder = mkdtempSync(join(tmpdir(), 'tagwire-web-units-'));
try {
  buildSync({
    entryPoints: tests.map((name) => join(here, name)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    sourcemap: 'inline',
    nodePaths: [modules],
    logLevel: 'warning',
    loader: { '.css': 'empty' },
  });
  const files = tests.map((name) => join(folder, name));
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
