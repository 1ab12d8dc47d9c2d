import { globSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { findCommand } from './apt.ts'
import { cached, run } from './cache.ts'

const UV_VERSION = '0.13.9'

/** A virtual environment in the cache: `python` is a command (`python3.11`), `packages` are what pip takes. */
export async function pythonEnvironment(name: string, python: string, packages: readonly string[]): Promise<string> {
  return cached(name, async (folder) => {
    const uv = await installUv()
    await run(uv, ['venv', '-q', '--python', findPython(python), folder])
    await run(uv, ['pip', 'install', '-q', '--python', join(folder, 'bin/python'), ...packages])
  })
}

/** uv installs a hundred packages in seconds where pip takes minutes. */
async function installUv(): Promise<string> {
  const folder = await cached(`uv-${UV_VERSION}`, async (venv) => {
    await run(findPython('python3.11'), ['-m', 'venv', venv])
    await run(join(venv, 'bin/pip'), ['install', '-q', `uv==${UV_VERSION}`])
  })
  return join(folder, 'bin/uv')
}

function findPython(python: string): string {
  // First: pyenv's command in PATH only complains when it is asked for a version that is not the chosen one.
  const found = builtByPyenv(python) ?? findCommand(python)
  if (!found) throw new Error(`Install ${python} (with its venv module) and have it in PATH`)
  return found
}

function builtByPyenv(python: string): string | undefined {
  const root = process.env.PYENV_ROOT || join(homedir(), '.pyenv')
  return globSync(join(root, 'versions', '*', 'bin', python))
    .sort()
    .at(-1)
}
