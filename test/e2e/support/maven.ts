import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCommand } from './apt.ts'
import { run } from './cache.ts'
import { tempFolder } from './temp.ts'

/** Downloads `group:artifact:version:type[:classifier]` with Maven and answers the file. */
export async function fetchArtifact(coordinates: string): Promise<string> {
  const maven = await ensureCommand('mvn', ['maven'])
  const folder = tempFolder('maven')
  await run(maven, [
    '-q',
    '-B',
    '-ntp',
    'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
    `-Dartifact=${coordinates}`,
    `-DoutputDirectory=${folder}`,
  ])
  const [file] = readdirSync(folder)
  if (!file) throw new Error(`Maven copied no file for ${coordinates}`)
  return join(folder, file)
}

/** Downloads a tar.gz with Maven and unpacks it into a folder, without its top level folder. */
export async function unpackArtifact(coordinates: string, folder: string): Promise<void> {
  const archive = await fetchArtifact(coordinates)
  mkdirSync(folder, { recursive: true })
  await run('tar', ['xzf', archive, '-C', folder, '--strip-components=1'])
}
