/**
 * Bundles the command line into dist/ for the published package: loading one file instead of a thousand halves the start-up.
 * Packages with native code stay outside, as dependencies. Licences of the bundled packages are included.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type PluginBuild } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
// Built next to it and moved into place at the end: a failed build leaves the old one.
const fresh = join(root, `.cache/dist-${process.pid}`)
mkdirSync(fresh, { recursive: true })

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // Koa's `depd` needs it to name deprecated functions.
  logOverride: { 'direct-eval': 'silent' },
} as const satisfies BuildOptions

// oidc-provider finds lifetimes and adapters by the names of its classes. Keeping all names would cost every other package 2 MB of memory.
const named = join(fresh, 'oidc-provider.mjs')
const provider = await build({
  ...shared,
  entryPoints: ['oidc-provider'],
  outfile: named,
  keepNames: true,
  // A dependency of ours as well: one copy is enough.
  external: ['jose'],
  plugins: [{ name: 'media-types', setup: keepFewMediaTypes }],
})
const program = {
  ...shared,
  outdir: fresh,
  splitting: true,
  external: ['@node-rs/argon2'],
  alias: { 'oidc-provider': named },
  // CommonJS packages inside the bundle (Koa and its family) call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
} as const satisfies BuildOptions
// Code that thirty commands share comes in a hundred small files, which take longer to find than to run. The server is a build of its own: it
// has its own copy of what the others have too, and starts from a handful of files.
const builds = await Promise.all([
  build({
    ...program,
    entryPoints: { main: 'src/cli/main.ts' },
    plugins: [{ name: 'server', setup: leaveServerOut }],
  }),
  build({
    ...program,
    entryPoints: { serve: 'src/cli/serve.ts', 'writer-thread': 'src/store/sqlite/writer-thread.ts' },
  }),
])
rmSync(named)

const packages = new Map<string, string>()
const metafiles = [provider, ...builds].map(({ metafile }) => metafile)
for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
  if (match?.[1]) packages.set(match[1].slice(match[1].lastIndexOf('node_modules/') + 'node_modules/'.length), match[1])
}
writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), [...packages].sort().map(licence).join('\n'))
rmSync(dist, { recursive: true, force: true })
renameSync(fresh, dist)
const outputs = builds.flatMap(({ metafile }) => Object.entries(metafile.outputs))
const bytes = outputs.reduce((sum, [, output]) => sum + output.bytes, 0)
process.stderr.write(
  `dist/: ${outputs.length} files, ${Math.round(bytes / 1024)} KiB, ${packages.size} packages inside\n`,
)

/** The command `serve` is loaded from the file that its own build makes. */
function leaveServerOut(build: PluginBuild): void {
  build.onResolve({ filter: /^\.\/serve\.ts$/ }, ({ importer }) =>
    importer === join(root, 'src/cli/commands.ts') ? { path: './serve.js', external: true } : undefined,
  )
}

/** Koa brings a table of 2,500 media types, twice; the provider uses a handful. */
function keepFewMediaTypes(build: PluginBuild): void {
  const used =
    /^(application\/(json|jwt|javascript|x-www-form-urlencoded)|multipart\/form-data|text\/(css|html|javascript|plain))$/
  build.onLoad({ filter: /mime-db[/\\]db\.json$/ }, ({ path }) => {
    const all = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    const few = Object.fromEntries(Object.entries(all).filter(([type]) => used.test(type)))
    return { contents: JSON.stringify(few), loader: 'json' }
  })
}

function licence([name, folder]: [string, string]): string {
  const { version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >
  const text = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'license.md', 'License']
    .map((file) => read(join(root, folder, file)))
    .find(Boolean)
  return `${'='.repeat(80)}\n${name} ${version} (${license ?? 'see its text'})\n\n${text ?? 'no licence text in the package'}\n`
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
