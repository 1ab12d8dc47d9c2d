import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isGoPattern } from './go-pattern.ts'

test('what Go reads is taken, its own ways too', () => {
  for (const text of [
    '^/healthz$',
    '^/api/v\\d+/.*\\.json$',
    '(?i)^/Public',
    '(?i:public)|(?-s:.)|(?:a)',
    '^/(?P<name>[a-z]+)$',
    '^/\\Q[not] (closed\\E',
    '^/\\pL+\\p{Greek}[[:alpha:]]\\z',
    '^/a{2,3}?b{',
    '\\\\/\\(',
    '[]a]|[^]a]|\\12',
    '(?<name>a)',
    'a{1000}',
    'a{,3}',
  ]) {
    assert.equal(isGoPattern(text), true, text)
  }
})

test('what Go does not read is refused', () => {
  for (const text of [
    '[',
    '[]',
    '^/(',
    ')',
    '*',
    'a**',
    'a{3,2}',
    '(?=x)',
    '(?!x)',
    '(?<=x)',
    '(?<!x)',
    '(a)\\1',
    '\\',
    '\\\\(',
    '^/a{1001}',
    '(a{100}){100}',
    '[[:foo:]]',
    '\\pQ',
    '(?P<a>x)(?P<a>y)',
    '(?<!\\\\)x',
    'a++',
    '(?i',
    '[a-\\d]',
    '\\u0041',
  ]) {
    assert.equal(isGoPattern(text), false, text)
  }
})
