import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findCommand } from './apt.ts'

interface Jdk {
  home: string
  version: number
}

const USUAL_FOLDER = '/usr/lib/jvm'

/** The home folder of a JDK of at least this version: JAVA_HOME if it is new enough, else the newest one installed. */
export function findJdk(minimum: number): string {
  const chosen = jdkAt(process.env.JAVA_HOME ?? '')
  if (chosen && chosen.version >= minimum) return chosen.home
  const all = installed()
  const newest = all[0]
  if (newest && newest.version >= minimum) return newest.home
  const found = all.map(({ home, version }) => `${version} (${home})`).join(', ') || 'none'
  throw new Error(`Install a JDK ${minimum} or newer, or set JAVA_HOME to one. Found: ${found}`)
}

function installed(): Jdk[] {
  const java = findCommand('java')
  const homes = existsSync(USUAL_FOLDER) ? readdirSync(USUAL_FOLDER).map((name) => join(USUAL_FOLDER, name)) : []
  if (java) homes.push(dirname(dirname(realpathSync(java))))
  return homes
    .map(jdkAt)
    .filter((jdk) => jdk !== undefined)
    .sort((a, b) => b.version - a.version)
}

/** Every JDK says its version in the file `release`. */
function jdkAt(home: string): Jdk | undefined {
  const file = join(home, 'release')
  if (home === '' || !existsSync(file) || !existsSync(join(home, 'bin/java'))) return undefined
  const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]
  return version ? { home, version: Number(version) } : undefined
}
