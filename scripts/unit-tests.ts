import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** A test that measures time or memory, or changes what all of a process share, must not meet others in its process. */
const measuresOrShares =
  /memoryUsage|performance\.now|\b(?:before|after)Each\(|process\.(?:chdir|exitCode|on|umask)\b|process\.env\[[^\]]*\] = /

/** The tests of single modules, relative to the repository: those that may run in one process, and those that need one of their own. */
export function unitTests(): { together: string[]; alone: string[] } {
  const files = globSync('src/**/*.test.ts', { cwd: root }).sort()
  const alone = files.filter((file) => measuresOrShares.test(readFileSync(join(root, file), 'utf8')))
  return { together: files.filter((file) => !alone.includes(file)), alone }
}
