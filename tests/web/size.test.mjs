// SPDX-License-Identifier: Apache-2.0
// What a first visit loads, and that every file stands ready in gzip. TAGWIRE_WEB_DIST is what was built.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

const dist = process.env.TAGWIRE_WEB_DIST;
const most = 150 * 1024; // bytes of gzip, without the plot library
const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((each) => each.isFile())
  .map((each) => join(each.path ?? each.parentPath, each.name));

test('a file over 1 KB has its gzip beside it, and it is the same', () => {
  const plain = files.filter((file) => !file.endsWith('.gz') && statSync(file).size > 1024);
  assert.ok(plain.length > 5);
  for (const file of plain) assert.deepEqual(gunzipSync(readFileSync(`${file}.gz`)), readFileSync(file), file);
});

/** What the browser asks for with these files: their static imports, and theirs. */
function withImports(names) {
  const wanted = new Set(names);
  for (const name of wanted) {
    if (!name.endsWith('.js')) continue;
    const text = readFileSync(join(dist, 'assets', name), 'utf8');
    for (const [, other] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) wanted.add(other);
  }
  return wanted;
}

test('a first visit of any page, without the plot library, loads less than it may', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const entry = [...html.matchAll(/assets\/([^"]+)"/g)].map(([, name]) => name);
  assert.ok(entry.length >= 2);
  for (const page of ['overview', 'points', 'trends', 'alarms', 'map', 'panel', 'configuration', 'log']) {
    const own = readdirSync(join(dist, 'assets')).filter((name) => name.startsWith(`${page}-`) && /\.(js|css)$/.test(name));
    assert.ok(own.length >= 1, page);
    const loaded = [...withImports([...entry, ...own])].filter((name) => !/uplot/i.test(name));
    const sizes = loaded.map((name) => join(dist, 'assets', name)).map((file) => statSync(existsSync(`${file}.gz`) ? `${file}.gz` : file).size);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`${page}: ${total} bytes of gzip in ${loaded.length} files (allowed: ${most})`);
    assert.ok(total < most, page);
  }
});

test('the first page neither holds inline scripts or styles nor loads the plot library', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(html, /<style|style=|\son\w+=/);
  assert.doesNotMatch(html, /uplot/i);
  assert.doesNotMatch(html, /https?:\/\//);
});
