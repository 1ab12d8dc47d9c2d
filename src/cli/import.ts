import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Argument, Option } from 'commander'
import { loadConfig } from '../config/load.ts'
import { type Data, writeYaml, type YamlValue, yamlComment } from '../formats.ts'
import {
  type Effect,
  effects,
  type ImportAnswers,
  type Imported,
  type ImportSource,
  importSources,
  UnreadableImport,
} from '../importers/contract.ts'
import { importers } from '../importers/index.ts'
import { own } from '../maps.ts'
import { printableJson } from '../printable.ts'
import { renderProduct } from '../products/render-product.ts'
import { type Declare, fileOptions, jsonOption } from './command.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

interface ImportOptions extends ImportAnswers {
  output?: string
  json: boolean
}

export const declareImport: Declare = (command, { surroundings, finish }) => {
  const files = fileOptions(command, 'the same as an argument; repeatable')
  command
    .addArgument(new Argument('<source>', 'the tool that the files configure').choices(importSources))
    .argument('[file...]', 'its files; - for standard input')
    .addOption(new Option('-o, --output <file>', 'a file to write; by default the result is printed'))
    .addOption(new Option('--url <url>', 'the address at which people open the product, if its files do not say it'))
    .addOption(new Option('--issuer <url>', 'the issuer of the provider, if the files do not say it'))
    .addOption(new Option('--client-id <id>', 'the client id at the provider, if the files do not say it'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  gatehouse import dex dex.yaml -o gatehouse.yaml
  gatehouse import astronomer values.yaml
  gatehouse import oauth2-proxy oauth2-proxy.cfg --url https://app.example.com
  gatehouse import oauth2-proxy deployment.yaml --issuer https://sso.example.com/realms/data
  gatehouse import flaskoidc frontend.env --client-id amundsen
  kubectl get authenticationclass,trinocluster,secret -o yaml | gatehouse import stackable -`,
    )
    .action((source: ImportSource, named: string[], { output, json, ...answers }: ImportOptions) => {
      const all = [...files, ...named]
      if (all.length === 0) command.error('error: name the files to import, or - for standard input')
      const wrong = wrongAnswer(answers)
      if (wrong !== undefined) command.error(`error: ${wrong}`)
      finish(importConfiguration({ source, files: all, output, json, answers }, surroundings))
    })
}

/** What is wrong with an answer. Does not repeat it: an address may have a password. */
function wrongAnswer({ url, issuer, clientId }: ImportAnswers): string | undefined {
  if (clientId?.trim() === '') return '--client-id must not be empty'
  const [option] = Object.entries({ '--url': url, '--issuer': issuer }).find(([, text]) => !isAddress(text)) ?? []
  return option && `${option} must be an address such as https://app.example.com, without a user name`
}

function isAddress(text: string | undefined): boolean {
  if (text === undefined) return true
  const url = URL.parse(text)
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === ''
}

export interface ImportRequest {
  source: ImportSource
  /** `-` is standard input. */
  files: readonly string[]
  /** The file to write; undefined prints. An existing file is never replaced. */
  output: string | undefined
  json: boolean
  /** What the files cannot know. */
  answers?: ImportAnswers
}

/**
 * `gatehouse import`: the configuration of another tool as gatehouse.yaml, on standard output or in a new file. Lists on standard
 * error what could not be carried over. 0 imported, 2 the call or a file is wrong.
 */
export function importConfiguration(
  { source, files, output, json, answers = {} }: ImportRequest,
  { stdout, stderr }: Pick<Surroundings, 'stdout' | 'stderr'>,
): ExitStatus {
  if (output !== undefined && existsSync(output)) {
    stderr(`${output} already exists and is not replaced: choose another name with -o\n`)
    return 2
  }
  const read = readAll(files)
  if ('mistake' in read) {
    stderr(`${read.mistake}\n`)
    return 2
  }
  let imported: Imported
  try {
    imported = importers[source].read(read.files, answers)
  } catch (error) {
    if (!(error instanceof UnreadableImport)) throw error
    stderr(`${error.message}\n`)
    return 2
  }
  const text = yamlOf(imported)
  const wrong = stillWrong(text)
  if (json) stdout(`${jsonOf(imported, wrong)}\n`)
  else if (output === undefined) stdout(text)
  if (output !== undefined) {
    writeFileSync(output, text, { flag: 'wx' })
    stderr(`wrote ${output}\n`)
  }
  if (!json) stderr(leftBehind(imported, wrong))
  return 0
}

function readAll(files: readonly string[]): { files: { name: string; text: string }[] } | { mistake: string } {
  const read: { name: string; text: string }[] = []
  for (const file of files) {
    try {
      const text = decoded(readFileSync(file === '-' ? 0 : file))
      read.push({ name: file === '-' ? '<stdin>' : file, text })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      return { mistake: `${file} cannot be read: ${own(unreadable, String(error.code)) ?? String(error.code)}` }
    }
  }
  return { files: read }
}

/** What the machine says of a file, for people. */
const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder. Name the files in it',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
}

/** UTF-8, or UTF-16 with its mark: what PowerShell makes of `kubectl get ... > file`. */
function decoded(bytes: Uint8Array): string {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(mark).decode(bytes)
}

/** gatehouse.yaml with each comment above its key. */
export function yamlOf({ config, comments }: Imported): string {
  const head = comments.filter(({ path }) => path.length === 0).map(({ text }) => text)
  const commented = (value: Data, path: readonly (string | number)[]): YamlValue => {
    const inner = inside(value, path)
    const above = comments.filter((comment) => comment.path.length > 0 && comment.path.join('\0') === path.join('\0'))
    return above.length === 0 ? inner : yamlComment(above.map(({ text }) => text).join('\n'), inner)
  }
  const inside = (value: Data, path: readonly (string | number)[]): YamlValue => {
    if (Array.isArray(value)) return value.map((item: Data, index) => commented(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value as YamlValue
    const entries = value instanceof Map ? [...value] : Object.entries(value)
    return new Map(entries.map(([key, item]: [string, Data]) => [key, commented(item, [...path, key])]))
  }
  return writeYaml(inside(config, []), head.length === 0 ? {} : { comment: head.join('\n') })
}

/** The whole result for programs. `wrong` is what `check` would say of it. */
export function jsonOf({ config, notCarried }: Imported, wrong: readonly string[]): string {
  const losses = notCarried.map((entry) => ({ ...entry, effect: effectOf(entry) }))
  return printableJson({ config, notCarried: losses, toComplete: wrong })
}

/** Each stands above the losses of its kind, in the order of `effects`. */
const headings: Readonly<Record<Effect, string>> = {
  access: 'Who gets in',
  identity: 'Who people are',
  applications: 'What applications get',
  secret: 'Secrets',
  setting: 'Settings',
  added: 'What render writes and your files do not have',
}

function effectOf({ effect = 'setting' }: { effect?: Effect }): Effect {
  return effect
}

/** What a person must look at: what was left behind, by what it changes, then what the result still lacks. */
export function leftBehind({ notCarried }: Imported, wrong: readonly string[]): string {
  const groups = effects.map((effect) => {
    const lines = notCarried
      .filter((entry) => effectOf(entry) === effect)
      .map(({ where, what, why }) => `${where}: ${what}\n  ${why}\n`)
    return lines.length === 0 ? '' : `\n${headings[effect]}:\n${lines.join('')}`
  })
  const missing = wrong.map((problem) => `${problem}\n`)
  const title = notCarried.length === 0 ? '' : `Not carried over unchanged:\n`
  const end = missing.length === 0 ? '' : `\nTo complete before \`gatehouse check\` passes:\n${missing.join('')}`
  return title + groups.join('') + end
}

/** What `check` would call wrong in the result, as far as it can be told without the machine that it is for. */
export function stillWrong(text: string): string[] {
  const name = 'gatehouse.yaml'
  const { config, problems, conceal } = loadConfig({ files: [{ name, text }], baseDir: process.cwd() }, {})
  const ofProducts = Object.keys(config?.products ?? {}).flatMap((product) =>
    config ? renderProduct(config, product).problems : [],
  )
  const all = [...problems, ...ofProducts.map((problem) => ({ ...problem, path: problem.path.join('.') }))]
  return all
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => `${name} ${path}: ${conceal(message)}`)
}
