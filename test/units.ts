/**
 * Most tests of single modules, in one process: a process for each of them would spend twice their time on loading the same source.
 * `npm test` runs this file as one of its test files.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { unitTests } from '../scripts/unit-tests.ts'

const root = resolve(import.meta.dirname, '..')

for (const file of unitTests().together) await import(pathToFileURL(resolve(root, file)).href)
