import { readFileSync, statSync } from 'node:fs'
import { Option } from 'commander'
import { didYouMean } from '../config/did-you-mean.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { formatProduct, leftOut, type RenderFormat, type Reveal } from '../products/output/format.ts'
import { type RenderedProduct, renderProduct } from '../products/render-product.ts'
import { collect, configFiles, type Declare } from './command.ts'
import { placed, printProblems } from './configured.ts'
import { errorLine, formatError, warnOfUnread } from './explain-error.ts'
import {
  type Current,
  comparison,
  type Destination,
  folder,
  printer,
  staleness,
  type Terminal,
  writer,
} from './render/output.ts'
import { runningFiles } from './render/running.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

interface RenderOptions {
  product: string[]
  output: string
  format: RenderFormat
  withSecrets: boolean
  diff: boolean
  against?: string
  check: boolean
  prune: boolean
}

export const declareRender: Declare = (command, { surroundings, finish }) => {
  const { env } = surroundings
  const files = configFiles(command, {
    bare: true,
    what: 'configuration or manifests, a folder, - for standard input; repeatable',
  })
  command
    .addOption(
      new Option('-p, --product <name>', 'only this product; repeatable').argParser(collect).default([], 'all'),
    )
    .addOption(new Option('-o, --output <folder>', 'where to write; - prints to standard output').default('rendered'))
    .addOption(
      new Option('--format <form>', 'real files, Kubernetes manifests, or variables')
        .choices(['files', 'kubernetes', 'env'])
        .default('files'),
    )
    .option('--with-secrets', 'also write the values of secrets, in a file of mode 0600', false)
    .option('--diff', 'show what would change; exit 1 if anything would', false)
    .option('--against <folderOrDump>', 'what --diff compares with: a folder, or ConfigMaps from kubectl; - reads them')
    .option('--check', 'list stale files; exit 1 if there are any', false)
    .option('--prune', 'also remove files that an earlier render wrote and this one does not', false)
    .addHelpText(
      'after',
      `
Examples:
  gatehouse render -f gatehouse.yaml -p superset -o rendered
  kubectl get authenticationclass,trinocluster,secret -o yaml | gatehouse render -f - -o -
  kubectl get configmap lake -o yaml | gatehouse render -p lake --diff --against -`,
    )
    .action(async (named: string[], { product, against, ...options }: RenderOptions) => {
      const request = { ...options, files: files(named), products: product, against }
      const load = (paths: readonly string[]) => loadConfig(readSources(paths), env)
      finish(
        options.withSecrets
          ? await renderWithSecrets(request, { ...surroundings, load })
          : render(request, { ...surroundings, load, reveal: () => undefined }),
      )
    })
}

/** The same, once the store has been asked about the key. Loaded on demand: what derives secrets is half as much again to load. */
async function renderWithSecrets(
  request: RenderRequest,
  surroundings: Omit<RenderSurroundings, 'reveal'> & Pick<Surroundings, 'env'>,
): Promise<ExitStatus> {
  const { env, load } = surroundings
  const { compareKey, createReveal } = await import('./render/reveal.ts')
  if (callMistake(request)) return render(request, { ...surroundings, reveal: () => undefined })
  // Read once: standard input has no second time.
  const read = load(request.files)
  const { config, baseDir } = read
  const { refused, unread } = config ? await compareKey(request.products, { config, baseDir, env }) : {}
  warnOfUnread(unread, surroundings)
  return render(request, {
    ...surroundings,
    load: () => read,
    reveal: (loaded) => createReveal({ ...loaded, env, keyRefused: refused }),
  })
}

export interface RenderRequest {
  /** Files or folders (`*.yaml`, `*.yml` in them, by name); `-` is standard input. */
  files: readonly string[]
  /** Names of products; all when empty. */
  products: readonly string[]
  /** The folder, or `-` for standard output. */
  output: string
  format: RenderFormat
  /** Also write the values of secrets, in a separate file. */
  withSecrets: boolean
  /** Show what would change instead of writing. */
  diff: boolean
  /** What `diff` compares with instead of the output folder: another folder, a dump of ConfigMaps, or `-` for such a dump. */
  against: string | undefined
  /** List stale files instead of writing. */
  check: boolean
  /** Also remove files that earlier renderings wrote and this one does not. */
  prune?: boolean
}

/** Everything that the command touches outside itself; `loadConfig`, `process.stdout.write` and so on. */
export interface RenderSurroundings extends Terminal, Pick<Surroundings, 'isTerminal'> {
  load: (
    files: readonly string[],
  ) => Pick<LoadedConfig, 'config' | 'problems' | 'locate' | 'baseDir' | 'conceal' | 'whyAcknowledged'> &
    Partial<Pick<LoadedConfig, 'excerpt'>>
  /** Reveals the secrets of a configuration; called only to write their values. */
  reveal: (loaded: { config: Config; baseDir: string }) => Reveal | undefined
}

type Loaded = Pick<LoadedConfig, 'locate' | 'baseDir' | 'conceal' | 'whyAcknowledged'> & { config: Config }

/**
 * `gatehouse render`: writes, prints, compares or checks the files of products. 0 fine, 1 problems or differences found (each
 * named), 2 the call or the configuration is wrong. A product with an error keeps its old files; the others are processed.
 */
export function render(request: RenderRequest, surroundings: RenderSurroundings): ExitStatus {
  const { stderr } = surroundings
  const mistake = callMistake(request)
  if (mistake) return fail(stderr, mistake)
  const loaded = loadAll(request, surroundings)
  if (!loaded) return 2
  const { config } = loaded
  const unknown = request.products.find((name) => !Object.hasOwn(config.products, name))
  if (unknown !== undefined) return fail(stderr, unknownProduct(unknown, Object.keys(config.products)))
  const names = request.products.length > 0 ? [...new Set(request.products)] : Object.keys(config.products)
  if (names.length === 0) stderr('there are no products in the configuration: nothing to render\n')

  const destination = destinationOf(request, surroundings)
  if ('mistake' in destination) return fail(stderr, destination.mistake)
  try {
    const reveal = request.withSecrets ? surroundings.reveal(loaded) : undefined
    let status: ExitStatus = 0
    for (const name of names) {
      const rendered = renderProduct(config, name)
      if (explain(rendered, loaded, surroundings) === 1) status = 1
      const missing = reveal ? missingSecrets(rendered, reveal) : []
      for (const text of missing) stderr(`${name}: ${text}\n`)
      if (missing.length > 0) status = 2
      if (missing.length > 0) continue
      for (const path of leftOut(rendered, request.format)) {
        stderr(`${name}: ${path} cannot be expressed as variables and is left out: use --format files or kubernetes\n`)
      }
      for (const file of formatProduct(rendered, request.format, reveal)) destination.put(file)
      if (rendered.files) destination.complete?.(name)
    }
    if (request.products.length === 0) destination.gone?.(Object.keys(config.products))
    const end = destination.end()
    return end === 0 ? status : end
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    stderr(formatError(error))
    return 2
  }
}

/** A sentence for each secret that cannot be found. */
function missingSecrets({ name, variables }: RenderedProduct, reveal: Reveal): string[] {
  return variables.flatMap((variable) => {
    try {
      reveal(name, variable)
      return []
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return [`${variable.name} (${variable.note.replace(/\.$/, '')}): ${errorLine(error)}`]
    }
  })
}

function fail(stderr: (text: string) => void, message: string): 2 {
  stderr(`${message}\n`)
  return 2
}

function callMistake({ output, diff, check, against, withSecrets, prune }: RenderRequest): string | undefined {
  if (prune && (diff || check || output === '-'))
    return '--prune removes files from the folder of -o: leave out --diff, --check and -o -'
  if (diff && check) return '--diff and --check exclude each other: --diff shows what --check only lists'
  if (output === '-' && (diff || check) && against === undefined)
    return '-o - prints the files, so there is nothing to compare: give a folder with -o'
  if (output === '') return '-o needs a folder, or - for standard output'
  if (against !== undefined && !diff) return '--against says what --diff compares with: add --diff'
  if (withSecrets && (output === '-' || diff))
    return '--with-secrets writes files for their owner alone and prints nothing: give a folder with -o, without --diff'
  return undefined
}

function unknownProduct(name: string, known: readonly string[]): string {
  return `there is no product ${JSON.stringify(name)}; known: ${known.length > 0 ? known.join(', ') : 'none'}${didYouMean(name, known)}`
}

function loadAll(
  { files }: RenderRequest,
  { load, stderr, isTerminal = false }: RenderSurroundings,
): Loaded | undefined {
  const { config, problems, excerpt = () => undefined, ...rest } = load(files)
  printProblems(problems, { excerpt }, { stderr, isTerminal })
  return config && { config, ...rest }
}

/** Prints every problem with its place, but for those that are acknowledged; 1 when one of them is an error. */
function explain({ problems }: RenderedProduct, loaded: Loaded, { stderr }: Terminal): 0 | 1 {
  printProblems(placed(problems, loaded), { excerpt: () => undefined }, { stderr })
  return problems.some(({ severity }) => severity === 'error') ? 1 : 0
}

function destinationOf(request: RenderRequest, terminal: Terminal): Destination | { mistake: string } {
  const { output, diff, check, format, prune = false } = request
  if (diff) {
    const current = currentOf(request)
    return 'mistake' in current ? current : comparison(current, terminal, format)
  }
  if (output === '-') return printer(terminal)
  if (check) return staleness(folder(output), terminal, format)
  return writer(output, terminal, { form: format, prune })
}

/** What to compare with. */
function currentOf({ against, output, products, format }: RenderRequest): Current | { mistake: string } {
  if (against === undefined || statSync(against, { throwIfNoEntry: false })?.isDirectory()) {
    return folder(against ?? output)
  }
  if (format !== 'files') return { mistake: 'a dump is compared with files: leave out --format' }
  if (products.length !== 1) return { mistake: 'a dump holds the files of one product: name it with -p' }
  const name = against === '-' ? '<stdin>' : against
  try {
    return runningFiles(name, readFileSync(against === '-' ? 0 : against, 'utf8'))
  } catch (error) {
    return { mistake: `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}
