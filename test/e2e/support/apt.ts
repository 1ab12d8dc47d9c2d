import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { progress, run } from './cache.ts'

/** Where a command is, in PATH or in the folders of system programs; undefined when it is not installed. */
export function findCommand(command: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, command)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of a command, after installing its Debian packages when it is missing. Needs root only then. */
export async function ensureCommand(command: string, packages: readonly string[]): Promise<string> {
  const found = findCommand(command)
  if (found) return found
  await aptInstall(packages)
  const installed = findCommand(command)
  if (!installed) throw new Error(`Install ${command}: the packages ${packages.join(' ')} did not bring it`)
  return installed
}

/** Installs Debian packages. */
export async function aptInstall(packages: readonly string[]): Promise<void> {
  // Another install on the machine holds dpkg's lock for a while: wait for it, do not fail.
  const wait = 'DPkg::Lock::Timeout=300'
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await progress(`apt-get install ${packages.join(' ')}`, async () => {
    await run('apt-get', ['-o', wait, 'update', '-qq'], { env })
    await run('apt-get', ['-o', wait, 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env })
  })
}
