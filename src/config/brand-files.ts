/** The files of `branding`: bounded, and of types that do nothing by themselves. */
import { resolve } from 'node:path'
import type { Branding } from './branding.ts'
import { note, type PathProblem, problem } from './problem.ts'
import { readRegularFile } from './regular-file.ts'

/** A picture of the operator, as it is served. */
export interface BrandFile {
  /** By content, not by name. */
  mediaType: string
  /** With the dot. */
  extension: string
  bytes: Uint8Array<ArrayBuffer>
}

export interface BrandFiles {
  logo?: BrandFile
  favicon?: BrandFile
  /** The text of a style sheet. */
  css?: string
}

interface MediaType {
  mediaType: string
  extension: string
  is(bytes: Buffer): boolean
}

const startsWith =
  (...start: readonly number[]) =>
  (bytes: Buffer) =>
    start.every((byte, index) => bytes[index] === byte)

const png: MediaType = { mediaType: 'image/png', extension: '.png', is: startsWith(0x89, 0x50, 0x4e, 0x47) }
const jpeg: MediaType = { mediaType: 'image/jpeg', extension: '.jpg', is: startsWith(0xff, 0xd8, 0xff) }
const ico: MediaType = { mediaType: 'image/x-icon', extension: '.ico', is: startsWith(0, 0, 1, 0) }
const webp: MediaType = {
  mediaType: 'image/webp',
  extension: '.webp',
  is: (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
}
const svg: MediaType = {
  mediaType: 'image/svg+xml',
  extension: '.svg',
  is: (bytes) =>
    /^\uFEFF?\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE[^>[]*>\s*)*<svg[\s>]/.test(
      bytes.toString('utf8', 0, 4096),
    ),
}

/** What an SVG has no need of: browsers show pictures without it, and whoever opens the file by itself should meet nothing either. */
const active = /<script|<foreignObject|<!ENTITY|javascript:|\son[a-z]+\s*=/i

const pictures = {
  logo: { types: [svg, png, jpeg, webp], named: 'SVG, PNG, JPEG or WebP', maxBytes: 256 * 1024 },
  favicon: { types: [svg, png, ico], named: 'SVG, PNG or ICO', maxBytes: 64 * 1024 },
} as const
const longestSheet = 32 * 1024

/** Names of the settings that are files. */
export const brandFileSettings = ['logo', 'favicon', 'css'] as const
type Setting = (typeof brandFileSettings)[number]

/** A file that is not there, or is not what it should be. */
class UnfitFile extends Error {
  override readonly name = 'UnfitFile'
  readonly isMissing: boolean

  constructor(message: string, { isMissing = false } = {}) {
    super(message)
    this.isMissing = isMissing
  }
}

/** Reads the files, relative to `baseDir`, and says what is wrong with those that cannot be shown. */
export function readBrandFiles(
  branding: Branding | undefined,
  baseDir: string,
): { files: BrandFiles; problems: PathProblem[] } {
  const files: BrandFiles = {}
  const problems: PathProblem[] = []
  for (const setting of brandFileSettings) {
    const named = branding?.[setting]
    if (named === undefined) continue
    try {
      Object.assign(files, { [setting]: readOne(setting, resolve(baseDir, named)) })
    } catch (error) {
      if (!(error instanceof UnfitFile)) throw error
      const path = ['branding', setting]
      problems.push(
        error.isMissing
          ? note('file-missing', path, `there is no file ${named} here, and serve needs it`)
          : problem(path, error.message),
      )
    }
  }
  return { files, problems }
}

function readOne(setting: Setting, file: string): BrandFile | string {
  if (setting === 'css') return styleSheet(bytesOf(file, longestSheet))
  const { types, named, maxBytes } = pictures[setting]
  const bytes = bytesOf(file, maxBytes)
  const type = types.find(({ is }) => is(bytes))
  if (type === undefined) throw new UnfitFile(`is no ${named}: the content counts, not the name`)
  if (type === svg && active.test(bytes.toString('utf8')))
    throw new UnfitFile('is a picture with a script, an entity or a foreign part in it: export it as a plain SVG')
  return { mediaType: type.mediaType, extension: type.extension, bytes: new Uint8Array(bytes) }
}

function bytesOf(file: string, maxBytes: number): Buffer {
  try {
    return readRegularFile(file, { maxBytes })
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing) throw new UnfitFile('is not there', { isMissing })
    throw new UnfitFile(`cannot be read as a file of at most ${maxBytes / 1024} KiB`)
  }
}

function styleSheet(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (/<\/style/i.test(text) || text.includes('\uFFFD')) throw new UnfitFile('is no style sheet')
  if (/@import|url\(\s*["']?\s*(?!data:|["']?\s*data:|#)/i.test(text))
    throw new UnfitFile('names a file or an address, and pages ask for nothing: use url(data:...), and no @import')
  return text
}
