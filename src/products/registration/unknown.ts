import type { VendorGuide } from './contract.ts'

/** A provider of which nothing is known but what its class says. */
export const unknown: VendorGuide = {
  traps: () => [],
  steps: () => [],
  files: () => [],
  applying: () => [],
}
