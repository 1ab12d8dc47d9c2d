/** Whose pages these are: name, logo, colours and links of the operator. Made once from the configuration. */
import { hash } from 'node:crypto'
import { inkOn, lightEnough } from '../accent.ts'
import type { BrandFile } from '../config/brand-files.ts'
import { style } from './style.ts'

/** What the operator has configured (`branding`), its files read. */
export interface BrandSettings {
  name?: string | undefined
  logo?: BrandFile | undefined
  favicon?: BrandFile | undefined
  /** `#rrggbb`, dark enough on white. */
  accent?: string | undefined
  /** A style sheet that comes after ours. */
  css?: string | undefined
  links?: readonly { title: string; url: string }[] | undefined
  /** Where somebody gets help who cannot sign in. */
  help?: string | undefined
  /** Where somebody asks for access who is refused. */
  access?: string | undefined
}

export interface Brand {
  name: string
  /** Address of the logo, if there is one. */
  logo: string | undefined
  favicon: string
  links: readonly { title: string; url: string }[]
  help: string | undefined
  access: string | undefined
  /** The whole style sheet: it is in each page, so that a page is one answer. */
  style: string
  /** `style-src` and `img-src` of the content security policy. */
  styleSource: string
  imageSources: string
  /** What is served below `brandPath`, by its name there. */
  files: ReadonlyMap<string, BrandFile>
}

/** Below the issuer. Names hold a digest of the content: whoever has one may keep it for ever. */
export const brandPath = '/branding/'

const gate = 'M3 17V8l7-5 7 5v9M7 17v-6h6v6M3 17h14'
const usualIcon = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="none" stroke="#4a86e8" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round"><path d="${gate}"/></svg>`)}`
/** The mark of Gatehouse, where the operator has none: the data of an SVG path in a box of 20. */
export const gatePath = gate
export const usualName = 'Gatehouse'

/** The rules that put an accent in the place of ours. */
function accentStyle(accent: string): string {
  const dark = lightEnough(accent)
  return `:root { --accent: light-dark(${accent}, ${dark}); --on-accent: light-dark(${inkOn(accent)}, ${inkOn(dark)}) }\n`
}

/** @param issuer the address below which files are served: pages of other hosts (services behind the gate) show them too. */
export function createBrand(
  { name = usualName, logo, favicon, accent, css, links = [], help, access }: BrandSettings,
  { issuer }: { issuer: string },
): Brand {
  const files = new Map<string, BrandFile>()
  const served = (file: BrandFile | undefined): string | undefined => {
    if (file === undefined) return undefined
    const at = hash('sha256', file.bytes, 'hex').slice(0, 16) + file.extension
    files.set(at, file)
    return issuer + brandPath + at
  }
  const whole = [
    style,
    ...(accent === undefined ? [] : [accentStyle(accent)]),
    ...(css === undefined ? [] : [css]),
  ].join('')
  const addresses = { logo: served(logo), favicon: served(favicon) }
  return {
    name,
    logo: addresses.logo,
    favicon: addresses.favicon ?? usualIcon,
    links,
    help,
    access,
    style: whole,
    styleSource: `'sha256-${hash('sha256', whole, 'base64')}'`,
    imageSources: ['data:', ...(files.size === 0 ? [] : [issuer + brandPath])].join(' '),
    files,
  }
}
