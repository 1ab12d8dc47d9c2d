/**
 * Bundles the command line into dist/ for the published package: one file to load instead of a thousand halves the start-up.
 * What has native code stays outside and is a dependency. Licences of what is inside go along.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type PluginBuild } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
// Built beside it and put in its place at the end: a build that fails leaves the old one.
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
  // Koa's `depd` names deprecated functions with it.
  logOverride: { 'direct-eval': 'silent' },
} as const satisfies BuildOptions

// oidc-provider finds lifetimes and adapters by the names of its classes. Keeping all names would cost every other package 2 MB of memory.
const named = join(fresh, 'oidc-provider.mjs')
const provider = await build({
  ...shared,
  entryPoints: ['oidc-provider'],
  outfile: named,
  keepNames: true,
  // Ours as well: one copy is enough.
  external: ['jose'],
  plugins: [{ name: 'media-types', setup: keepFewMediaTypes }],
})
const { metafile } = await build({
  ...shared,
  entryPoints: { main: 'src/cli/main.ts', 'writer-thread': 'src/store/sqlite/writer-thread.ts' },
  outdir: fresh,
  splitting: true,
  external: ['@node-rs/argon2'],
  alias: { 'oidc-provider': named },
  // CommonJS packages inside the bundle (Koa and its family) call require for what Node itself has.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})
rmSync(named)

const packages = new Map<string, string>()
for (const input of [...Object.keys(provider.metafile.inputs), ...Object.keys(metafile.inputs)]) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
  if (match?.[1]) packages.set(match[1].slice(match[1].lastIndexOf('node_modules/') + 'node_modules/'.length), match[1])
}
writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), [...packages].sort().map(licence).join('\n'))
rmSync(dist, { recursive: true, force: true })
renameSync(fresh, dist)
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
process.stderr.write(
  `dist/: ${Object.keys(metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB, ${packages.size} packages inside\n`,
)

/** Koa brings a table of 2,500 media types, twice; the provider answers with a handful. */
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
