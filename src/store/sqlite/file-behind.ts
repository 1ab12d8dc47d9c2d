import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** Links that are followed; Linux follows as many. */
const mostLinks = 40

/**
 * The file that a name leads to, links followed as SQLite does: its log and its lock lie beside it, and not beside a link. Unlike
 * `realpathSync` also where the file is not there yet: a link may be set before the first start. What cannot be followed stays.
 */
export function fileBehind(name: string): string {
  let file = resolve(name)
  for (let links = 0; links < mostLinks; links++) {
    const target = targetOf(file)
    if (target === undefined) return join(folderBehind(dirname(file)), basename(file))
    file = resolve(folderBehind(dirname(file)), target)
  }
  return name
}

function targetOf(file: string): string | undefined {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(file) : undefined
}

function folderBehind(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
