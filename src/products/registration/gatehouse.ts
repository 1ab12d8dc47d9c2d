import type { VendorGuide } from './contract.ts'

/** This server. It knows its clients from the same configuration, so nothing is registered. */
export const gatehouse: VendorGuide = {
  traps: () => [],
  steps: () => [],
  files: () => [],
  applying: () => [],
}
