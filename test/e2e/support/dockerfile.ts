import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { run } from './cache.ts'

export interface Stage {
  from: string
  name: string | undefined
  steps: { instruction: string; rest: string }[]
}

/** The stages of a Dockerfile, without comments. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  for (const line of lines) {
    const [, instruction = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    if (instruction === 'FROM') {
      const [, from = '', name] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? []
      stages.push({ from, name, steps: [] })
    } else stages.at(-1)?.steps.push({ instruction, rest })
  }
  return stages
}

/** What an instruction says the last time; undefined when it is not there. */
export function lastOf({ steps }: Stage, instruction: string): string | undefined {
  return steps.findLast((step) => step.instruction === instruction)?.rest
}

/** Whether `.dockerignore` keeps a file out of the build: the last rule that matches it, or a folder above it, decides. */
export function isIgnored(rules: string, file: string): boolean {
  const above = file.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'))
  let ignored = false
  for (const line of rules.split('\n').filter((rule) => rule !== '' && !rule.startsWith('#'))) {
    const excludes = !line.startsWith('!')
    const pattern = new RegExp(
      `^${(excludes ? line : line.slice(1))
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*\*\//g, '(?:.+/)?')
        .replace(/\*/g, '[^/]*')}$`,
    )
    if (above.some((path) => pattern.test(path))) ignored = excludes
  }
  return ignored
}

export interface Built {
  /** Files of the image that are not of its base, from `/`. */
  tree: string
  /** Its RUN steps, which want the base around them. */
  steps: string[]
}

/**
 * Carries out a Dockerfile of two stages in a folder: the steps of the first one run here, with the programs in `path`; of the second one
 * the files are copied. `context` is the folder of the build, already without what is ignored.
 */
export async function buildImage(
  stages: readonly Stage[],
  { folder, context, path }: { folder: string; context: string; path: string },
): Promise<Built> {
  const [build, image] = stages
  if (!build || !image || stages.length !== 2) throw new Error('this Dockerfile has not two stages')
  const roots = { build: join(folder, 'build'), image: join(folder, 'image') }
  let workFolder = '/'
  for (const { instruction, rest } of build.steps) {
    if (instruction === 'WORKDIR') workFolder = rest
    const here = join(roots.build, workFolder)
    mkdirSync(here, { recursive: true })
    if (instruction === 'COPY') copy(rest, { from: context, to: here })
    if (instruction === 'RUN') await run('bash', ['-euc', rest], { cwd: here, env: { PATH: path } })
  }
  const steps: string[] = []
  workFolder = '/'
  for (const { instruction, rest } of image.steps) {
    if (instruction === 'WORKDIR') workFolder = rest
    const here = join(roots.image, workFolder)
    mkdirSync(here, { recursive: true })
    if (instruction === 'COPY') {
      const [, stage, words = ''] = /^--from=(\S+) (.*)$/.exec(rest) ?? []
      if (stage !== build.name) throw new Error(`COPY ${rest}: not from the first stage`)
      copy(words, { from: roots.build, to: here })
    }
    if (instruction === 'RUN') steps.push(rest)
  }
  return { tree: roots.image, steps }
}

/** COPY: a folder stands for what is in it, a file goes into the target by its name. */
function copy(words: string, { from, to }: { from: string; to: string }): void {
  const sources = words.split(/\s+/)
  const target = resolve(to, sources.pop() ?? '.')
  for (const source of sources) {
    const path = join(from, source)
    if (statSync(path).isDirectory()) cpSync(path, target, { recursive: true, verbatimSymlinks: true })
    else {
      mkdirSync(target, { recursive: true })
      cpSync(path, join(target, basename(path)))
    }
  }
}

/** Copies those files of a folder that `.dockerignore` lets into the build. */
export function copyContext({ files, from, to }: { files: readonly string[]; from: string; to: string }): void {
  const rules = readFileSync(join(from, '.dockerignore'), 'utf8')
  for (const file of files) {
    if (isIgnored(rules, file)) continue
    mkdirSync(dirname(join(to, file)), { recursive: true })
    cpSync(join(from, file), join(to, file))
  }
}
