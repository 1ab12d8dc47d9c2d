#!/usr/bin/env node
/** The command line: one file per command, loaded when it is called. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { Argument, Command, CommanderError, Option } from 'commander'
import { type ImportSource, importSources } from '../importers/contract.ts'
import { type ExitStatus, type Surroundings, wantsColor } from './surroundings.ts'

// Compiling what was compiled before takes a third of the start-up.
enableCompileCache()

// `npm run gatehouse` changes to the folder of the package; files are meant from where it was called.
if (process.env['npm_lifecycle_event'] === 'gatehouse' && process.env['INIT_CWD'])
  process.chdir(process.env['INIT_CWD'])

const defaultFile = 'gatehouse.yaml'

const surroundings: Surroundings = {
  env: process.env,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  color: wantsColor(process.stdout, process.env),
}

const stopped = () =>
  new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })

const collect = (value: string, before: string[]) => [...before, value]

function finish(status: ExitStatus): void {
  process.exitCode = status
}

const program = new Command('gatehouse')
  .description('One OpenID Connect identity layer for a data platform')
  .version(version(), '--version', 'print the version')
  .helpOption('-h, --help', 'print help')
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  .addHelpText('after', '\nExit status: 0 fine, 1 problems found, 2 the call or the configuration is wrong.')

const configOption = () => new Option('-c, --config <file>', 'the configuration').default(defaultFile)
const filesOption = () =>
  new Option('-f, --file <file>', 'configuration file, - for standard input; repeatable')
    .argParser(collect)
    .default([], defaultFile)
const jsonOption = () => new Option('--json', 'print JSON').default(false)

program
  .command('serve')
  .description('sign people in: login pages, OpenID Provider, gate')
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse serve -c gatehouse.yaml')
  .action(async ({ config, json }: { config: string; json: boolean }) => {
    const { serve } = await import('./serve.ts')
    finish(await serve({ file: config, json }, { ...surroundings, stopped: stopped() }))
  })

program
  .command('render')
  .description("write every product's own configuration files")
  .addOption(
    new Option('-f, --file <fileOrFolder>', 'configuration or manifests, - for standard input; repeatable')
      .argParser(collect)
      .default([], defaultFile),
  )
  .addOption(new Option('-p, --product <name>', 'this product only; repeatable').argParser(collect).default([], 'all'))
  .addOption(new Option('-o, --output <folder>', 'where to write; - prints').default('rendered'))
  .addOption(
    new Option('--format <form>', 'real files, manifests of Kubernetes, or variables')
      .choices(['files', 'kubernetes', 'env'])
      .default('files'),
  )
  .option('--with-secrets', 'write the values of secrets too, in a file of mode 0600', false)
  .option('--diff', 'show what would change; exit 1 if anything would', false)
  .option('--against <folderOrDump>', 'what --diff compares with: a folder, or ConfigMaps from kubectl; - reads them')
  .option('--check', 'name what is stale; exit 1 if anything is', false)
  .addHelpText(
    'after',
    `
Examples:
  gatehouse render -f gatehouse.yaml -p superset -o rendered
  kubectl get authenticationclass,trinocluster,secret -o yaml | gatehouse render -f - -o -
  kubectl get configmap lake -o yaml | gatehouse render -p lake --diff --against -`,
  )
  .action(async (options: RenderOptions) => {
    const [{ render }, { loadConfig }] = await Promise.all([import('./render.ts'), import('../config/load.ts')])
    // Secrets of our own clients follow from the key of the server, and all of the server comes with that.
    const secrets = options.withSecrets ? await import('./render/reveal.ts') : undefined
    const { file, product, against, ...rest } = options
    finish(
      render(
        { ...rest, files: file.length > 0 ? file : [defaultFile], products: product, against },
        {
          ...surroundings,
          load: ({ files }) => loadConfig({ files, env: process.env }),
          reveal: (loaded) => secrets?.createReveal({ ...loaded, env: process.env }),
        },
      ),
    )
  })

interface RenderOptions {
  file: string[]
  product: string[]
  output: string
  format: 'files' | 'kubernetes' | 'env'
  withSecrets: boolean
  diff: boolean
  against?: string
  check: boolean
}

program
  .command('import')
  .description('say in a gatehouse.yaml what the configuration of another tool says')
  .addArgument(new Argument('<source>', 'whose configuration it is').choices(importSources))
  .argument('<file...>', 'its files; - for standard input')
  .addOption(new Option('-o, --output <file>', 'a file to write; without it the result is printed'))
  .addOption(jsonOption())
  .addHelpText(
    'after',
    `
Examples:
  gatehouse import dex dex.yaml -o gatehouse.yaml
  gatehouse import astronomer values.yaml
  kubectl get authenticationclass,trinocluster,secret -o yaml | gatehouse import stackable -`,
  )
  .action(async (source: ImportSource, files: string[], { output, json }: { output?: string; json: boolean }) => {
    const { importConfiguration } = await import('./import.ts')
    finish(importConfiguration({ source, files, output, json }, surroundings))
  })

program
  .command('check')
  .description('validate the configuration: every problem, file:line:column')
  .addOption(filesOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse check -f gatehouse.yaml')
  .action(async ({ file, json }: { file: string[]; json: boolean }) => {
    const { check } = await import('./check.ts')
    finish(check({ files: file.length > 0 ? file : [defaultFile], json }, surroundings))
  })

program
  .command('doctor')
  .description('look at every hop to the identity providers without logging in')
  .addOption(configOption())
  .option('-p, --product <name>', 'this product only')
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse doctor -c gatehouse.yaml')
  .action(async ({ config, product, json }: { config: string; product?: string; json: boolean }) => {
    const { doctor } = await import('./doctor.ts')
    const request = { files: [config], json, ...(product === undefined ? {} : { product }) }
    finish(await doctor(request, { ...surroundings, now: Date.now }))
  })

program
  .command('explain')
  .description('what an error is, or the whole trace of one login')
  .argument('<code>', 'a code such as issuer-mismatch, or the request id of an error page')
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse explain issuer-mismatch')
  .action(async (word: string, { config, json }: { config: string; json: boolean }) => {
    const { explain } = await import('./explain.ts')
    finish(await explain({ word, file: config, json }, surroundings))
  })

program
  .command('dev-idp')
  .description("an identity provider with a vendor's quirks, for laptops and tests")
  .requiredOption('--like <vendor>', 'keycloak')
  .option('--port <number>', 'port; 0 takes a free one', '0')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .addOption(
    new Option('--redirect <uri>', 'registered redirect URI; repeatable. Without one: any on loopback')
      .argParser(collect)
      .default([]),
  )
  .option('--state <file>', 'keep passwords, client secret and keys in this file')
  .option('--tls', 'serve https with a certificate of a test authority', false)
  .option('--full-group-paths', 'write groups as /name, as a Keycloak mapper does by default', false)
  .addOption(new Option('--audience <name>', 'audience of access tokens; repeatable').argParser(collect).default([]))
  .addOption(new Option('--fault <name[=value]>', 'something to get wrong; repeatable').argParser(collect).default([]))
  .addHelpText('after', '\nExample:\n  gatehouse dev-idp --like keycloak --port 8090')
  .action(async (options: DevIdpOptions) => {
    const { devIdp } = await import('./dev-idp.ts')
    const { like, host, port, redirect, state, tls, fullGroupPaths, audience, fault } = options
    const request = {
      like,
      host,
      port: Number(port),
      redirectUris: redirect,
      tls,
      fullGroupPaths,
      audiences: audience,
      faults: fault,
    }
    finish(
      await devIdp(
        { ...request, ...(state === undefined ? {} : { stateFile: state }) },
        { ...surroundings, stopped: stopped() },
      ),
    )
  })

interface DevIdpOptions {
  like: string
  host: string
  port: string
  redirect: string[]
  state?: string
  tls: boolean
  fullGroupPaths: boolean
  audience: string[]
  fault: string[]
}

const users = program.command('users').description('local accounts and the people who have signed in')
users
  .command('add')
  .description('make a local account')
  .argument('<name>', 'user name')
  .option('--email <address>', 'e-mail address')
  .option('--name <name>', 'name for people')
  .addOption(new Option('--team <team>', 'team; repeatable').argParser(collect).default([]))
  .option('--admin', 'an administrator', false)
  .option('--password-stdin', 'read the password from standard input; without it a random one is printed', false)
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse users add alice --email alice@example.com --team analysts')
  .action(async (username: string, options: AddOptions) => {
    const { addUser } = await import('./users.ts')
    const { email, name, team, admin, passwordStdin, config, json } = options
    const request = {
      file: config,
      username,
      teams: team,
      admin,
      password: passwordStdin ? readPassword() : undefined,
      json,
    }
    const profile = { ...(email === undefined ? {} : { email }), ...(name === undefined ? {} : { name }) }
    finish(await addUser({ ...request, ...profile }, surroundings))
  })

interface AddOptions {
  email?: string
  name?: string
  team: string[]
  admin: boolean
  passwordStdin: boolean
  config: string
  json: boolean
}

users
  .command('list')
  .description('who there is')
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse users list --json')
  .action(async ({ config, json }: { config: string; json: boolean }) => {
    const { listUsers } = await import('./users.ts')
    finish(await listUsers({ file: config, json }, surroundings))
  })

for (const [command, active] of [
  ['deactivate', false],
  ['activate', true],
] as const) {
  users
    .command(command)
    .description(active ? 'let somebody in again' : 'end every session of somebody and let them in no more')
    .argument('<name>', 'user name')
    .addOption(configOption())
    .addHelpText('after', `\nExample:\n  gatehouse users ${command} alice`)
    .action(async (username: string, { config }: { config: string }) => {
      const { setUserActive } = await import('./users.ts')
      finish(await setUserActive({ file: config, username, active }, surroundings))
    })
}

users
  .command('password')
  .description('set a password and end every session')
  .argument('<name>', 'user name')
  .option('--password-stdin', 'read the password from standard input; without it a random one is printed', false)
  .addOption(configOption())
  .addHelpText('after', '\nExample:\n  gatehouse users password alice')
  .action(async (username: string, { config, passwordStdin }: { config: string; passwordStdin: boolean }) => {
    const { setUserPassword } = await import('./users.ts')
    finish(
      await setUserPassword(
        { file: config, username, password: passwordStdin ? readPassword() : undefined },
        surroundings,
      ),
    )
  })

const clients = program.command('clients').description('products that sign in through this server')
clients
  .command('list')
  .description('clients and where they may return to')
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  gatehouse clients list')
  .action(async ({ config, json }: { config: string; json: boolean }) => {
    const { listClients } = await import('./clients.ts')
    finish(await listClients({ file: config, json }, surroundings))
  })
clients
  .command('secret')
  .description('print the client secret that a product needs')
  .argument('<product>', 'name under products')
  .addOption(configOption())
  .addHelpText('after', '\nExample:\n  export SUPERSET_CLIENT_SECRET="$(gatehouse clients secret superset)"')
  .action(async (product: string, { config }: { config: string }) => {
    const { showClientSecret } = await import('./clients.ts')
    finish(await showClientSecret({ file: config, product }, surroundings))
  })

// Commands inherit how errors end, so that a wrong call is always 2.
for (const command of [...program.commands, ...users.commands, ...clients.commands]) command.exitOverride()

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}

function readPassword(): string {
  return readFileSync(0, 'utf8').replace(/\r?\n$/, '')
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  const bundled = new URL('../package.json', import.meta.url)
  const text = readFileSync(import.meta.url.endsWith('.ts') ? file : bundled, 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
