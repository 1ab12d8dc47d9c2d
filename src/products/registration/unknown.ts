import type { VendorGuide } from './contract.ts'

/** A provider about which only its class says anything. */
export const unknown: VendorGuide = {
  traps: () => [],
  steps: () => [],
  files: () => [],
  applying: () => [],
}
