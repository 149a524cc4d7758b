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

test('all pages together, without the plot library, are less than a first visit may load', () => {
  const counted = files.filter((file) => !file.endsWith('.gz') && !/uplot/i.test(file));
  const sizes = counted.map((file) => statSync(existsSync(`${file}.gz`) ? `${file}.gz` : file).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`${total} bytes of gzip in ${counted.length} files (allowed: ${most})`);
  assert.ok(total < most);
});

test('the first page neither holds inline scripts or styles nor loads the plot library', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(html, /<style|style=|\son\w+=/);
  assert.doesNotMatch(html, /uplot/i);
  assert.doesNotMatch(html, /https?:\/\//);
});
