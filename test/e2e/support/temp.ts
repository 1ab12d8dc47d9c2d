import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/** A fresh folder for one part of one run, removed when this process ends; GATEHOUSE_E2E_KEEP=1 leaves it for a look. */
export function tempFolder(name: string): string {
  if (folders.size === 0) process.once('exit', removeAll)
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-e2e-${name}-`))
  folders.add(folder)
  return folder
}

function removeAll(): void {
  if (process.env.GATEHOUSE_E2E_KEEP) return
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
