/**
 * Bundles the command line into dist/ for the published package: one file to load instead of a thousand halves the start-up.
 * What has native code stays outside and is a dependency. Licences of what is inside go along.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
// Built beside it and put in its place at the end: a build that fails leaves the old one.
const fresh = join(root, `.cache/dist-${process.pid}`)
mkdirSync(fresh, { recursive: true })

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/cli/main.ts', 'writer-thread': 'src/store/writer-thread.ts' },
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['@node-rs/argon2'],
  minifySyntax: true,
  // oidc-provider finds lifetimes and adapters by the names of its classes.
  keepNames: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  // CommonJS packages inside the bundle (Koa and its family) call require for what Node itself has.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
})

const packages = new Map<string, string>()
for (const input of Object.keys(metafile.inputs)) {
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
