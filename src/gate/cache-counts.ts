/** How often the gate found in its memory what it looked for. They outlive the gate of one configuration. */
export interface CacheCounts {
  sessions: Lookups
  tokens: Lookups
}

export interface Lookups {
  hit: number
  miss: number
}

export function createCacheCounts(): CacheCounts {
  return { sessions: { hit: 0, miss: 0 }, tokens: { hit: 0, miss: 0 } }
}
