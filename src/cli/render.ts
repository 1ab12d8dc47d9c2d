import { randomUUID } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import type { Config } from '../config/schema.ts'
import { AppError, causeChain } from '../errors.ts'
import type { RenderedFile } from '../products/contract.ts'
import { renderProduct } from '../products/render-product.ts'
import { unifiedDiff } from './unified-diff.ts'

export interface RenderRequest {
  /** Files or folders (`*.yaml`, `*.yml` in them, by name); `-` is standard input. */
  files: readonly string[]
  /** Names of products; all when empty. */
  products: readonly string[]
  /** The folder, or `-` for standard output. */
  output: string
  /** Show what would change instead of writing. */
  diff: boolean
  /** Name what is stale instead of writing. */
  check: boolean
}

/** What the command touches outside of itself; `loadConfig`, `process.stdout.write` and so on. */
export interface RenderSurroundings {
  load: (request: { files: readonly string[] }) => Pick<LoadedConfig, 'config' | 'problems' | 'locate'>
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** Whether the diff is coloured. */
  color: boolean
}

type ExitStatus = 0 | 1 | 2

export const defaultOutput = 'rendered'

/**
 * `gatehouse render`: writes, prints, compares or checks the files of products. 0 fine, 1 problems or differences found (each
 * named), 2 the call or the configuration is wrong. A product with an error keeps its files as they are; the others are done.
 */
export function render(request: RenderRequest, surroundings: RenderSurroundings): ExitStatus {
  const { stderr } = surroundings
  const mistake = callMistake(request)
  if (mistake) return fail(stderr, mistake)
  const loaded = loadAll(request, surroundings)
  if (!loaded) return 2
  const { config, locate } = loaded
  const unknown = request.products.find((name) => !Object.hasOwn(config.products, name))
  if (unknown !== undefined) return fail(stderr, unknownProduct(unknown, Object.keys(config.products)))
  const names = request.products.length > 0 ? [...new Set(request.products)] : Object.keys(config.products)
  if (names.length === 0) stderr('there are no products in the configuration: nothing to render\n')

  let status: ExitStatus = 0
  const rendered: RenderedFile[] = []
  for (const name of names) {
    const { files, problems } = renderProduct(config, name)
    for (const { path, ...problem } of problems) {
      stderr(`${formatProblem({ ...problem, ...locate(path), path: path.join('.') })}\n`)
    }
    if (files) rendered.push(...files.map(({ path, content }) => ({ path: `${name}/${path}`, content })))
    else status = 1
  }
  try {
    const done = deliver(rendered, request, surroundings)
    return done === 0 ? status : done
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return fail(stderr, `${causeChain(error)} (${error.code}: ${detailsOf(error)})\n${error.hint}`)
  }
}

function fail(stderr: (text: string) => void, message: string): 2 {
  stderr(`${message}\n`)
  return 2
}

function detailsOf({ details }: AppError): string {
  return Object.entries(details)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')
}

function callMistake({ output, diff, check }: RenderRequest): string | undefined {
  if (diff && check) return '--diff and --check exclude each other: --diff shows what --check only names'
  if (output === '-' && (diff || check))
    return '-o - prints the files, so there is nothing to compare: give a folder with -o'
  if (output === '') return '-o needs a folder, or - for standard output'
  return undefined
}

function unknownProduct(name: string, known: readonly string[]): string {
  return `there is no product ${JSON.stringify(name)}; known: ${known.length > 0 ? known.join(', ') : 'none'}`
}

function loadAll(
  { files }: RenderRequest,
  { load, stderr }: RenderSurroundings,
): { config: Config; locate: LoadedConfig['locate'] } | undefined {
  const { config, problems, locate } = load({ files: files.flatMap(yamlFilesOf) })
  for (const problem of problems) stderr(`${formatProblem(problem)}\n`)
  return config ? { config, locate } : undefined
}

/** A folder stands for its YAML files. What cannot be looked at stays as it is: reading it gives the better message. */
function yamlFilesOf(file: string): string[] {
  if (file === '-' || !statSync(file, { throwIfNoEntry: false })?.isDirectory()) return [file]
  const found = readdirSync(file)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(file, name))
  return found.length > 0 ? found : [join(file, 'gatehouse.yaml')]
}

function deliver(files: readonly RenderedFile[], request: RenderRequest, surroundings: RenderSurroundings): 0 | 1 {
  if (request.output === '-') return printAll(files, surroundings)
  const changed = files.filter(({ path, content }) => readOutput(request.output, path) !== content)
  if (request.diff) return showDifferences(changed, request, surroundings)
  if (request.check) return nameStale(changed, request, surroundings)
  return writeAll(files, changed, request, surroundings)
}

function printAll(files: readonly RenderedFile[], { stdout }: RenderSurroundings): 0 {
  for (const { path, content } of files) stdout(`# --- ${path}\n${content}`)
  return 0
}

function showDifferences(
  changed: readonly RenderedFile[],
  { output }: RenderRequest,
  { stdout, color }: RenderSurroundings,
): 0 | 1 {
  for (const { path, content } of changed) {
    const before = readOutput(output, path)
    const names = { before: before === undefined ? '/dev/null' : join(output, path), after: join(output, path) }
    const lines = unifiedDiff(before ?? '', content, names)
    stdout(lines.map((line) => `${color ? colored(line) : line}\n`).join(''))
  }
  return changed.length > 0 ? 1 : 0
}

function colored(line: string): string {
  const [red, green, cyan, bold, reset] = ['\u001b[31m', '\u001b[32m', '\u001b[36m', '\u001b[1m', '\u001b[0m']
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return `${bold}${line}${reset}`
  if (line.startsWith('@@')) return `${cyan}${line}${reset}`
  if (line.startsWith('-')) return `${red}${line}${reset}`
  if (line.startsWith('+')) return `${green}${line}${reset}`
  return line
}

function nameStale(
  changed: readonly RenderedFile[],
  { output }: RenderRequest,
  { stdout, stderr }: RenderSurroundings,
): 0 | 1 {
  for (const { path } of changed) stdout(`${join(output, path)}\n`)
  if (changed.length === 0) return 0
  stderr(
    `${changed.length} of the rendered files ${changed.length === 1 ? 'is' : 'are'} stale: run \`gatehouse render\`\n`,
  )
  return 1
}

function writeAll(
  files: readonly RenderedFile[],
  changed: readonly RenderedFile[],
  { output }: RenderRequest,
  { stderr }: RenderSurroundings,
): 0 {
  for (const { path, content } of changed) {
    writeOutput(output, path, content)
    stderr(`wrote ${join(output, path)}\n`)
  }
  const same = files.length - changed.length
  if (same > 0) stderr(`${same} ${same === 1 ? 'file' : 'files'} unchanged\n`)
  return 0
}

/**
 * The text of `path` below the output folder, undefined when there is none. A symbolic link on the way is refused, for reading
 * too: whoever may write into the folder must not choose which other file is shown or replaced.
 */
function readOutput(output: string, path: string): string | undefined {
  refuseSymbolicLinks(output, path)
  try {
    return readFileSync(join(output, path), 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined
    throw new AppError('render-target-unwritable', { file: join(output, path) }, { cause })
  }
}

function refuseSymbolicLinks(output: string, path: string): void {
  let at = output
  for (const segment of path.split('/')) {
    at = join(at, segment)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found?.isSymbolicLink()) {
      throw new AppError('render-target-unwritable', { file: at, reason: 'is a symbolic link' })
    }
    if (!found?.isDirectory()) return
  }
}

/** Written beside its place and renamed, so that a product that starts meanwhile reads the old file or the new one, never half. */
function writeOutput(output: string, path: string, content: string): void {
  const target = join(output, path)
  const temporary = `${target}.${randomUUID()}.tmp`
  try {
    mkdirSync(join(target, '..'), { recursive: true })
    writeFileSync(temporary, content, { flag: 'wx' })
    renameSync(temporary, target)
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary)
    throw new AppError('render-target-unwritable', { file: target }, { cause })
  }
}
