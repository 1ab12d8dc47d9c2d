import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, run } from './cache.ts'

/** The folder of an older Node.js, from npm: its program is node_modules/node/bin/node. */
export function oldNode(version: string): Promise<string> {
  return cached(`node-${version}`, async (folder) => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    await run('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], { cwd: folder })
  })
}
