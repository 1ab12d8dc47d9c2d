import * as z from 'zod'
import { contrastOnLight, darkEnough, leastContrast } from '../accent.ts'
import { isHttpUrl, line } from './primitives.ts'

/** Where a link of a page may lead: a page, or a letter. */
const link = line.refine((text) => isHttpUrl(text) || /^mailto:[^\s@]+@[^\s@]+$/i.test(text), {
  error: 'must be an http or https URL, or a mail address such as mailto:help@example.com',
})

const file = line.min(1)

const accent = line.regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1d5fc4').superRefine((color, context) => {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return
  const found = contrastOnLight(color)
  if (found >= leastContrast) return
  const message = `has a contrast of ${found.toFixed(1)} to 1 on the light pages, and text needs ${leastContrast}: ${darkEnough(color)} has it. On dark pages it is made lighter by itself`
  context.addIssue({ code: 'custom', message })
})

/** Whose pages these are. */
export const Branding = z
  .strictObject({
    name: line.min(1).max(60).optional().describe('The name at the top of each page; `Gatehouse` when absent.'),
    logo: file
      .optional()
      .describe(
        'File with the picture beside the name: SVG, PNG, JPEG or WebP, at most 256 KiB. Relative to this file.',
      ),
    favicon: file.optional().describe('File with the icon of the browser tab: SVG, PNG or ICO, at most 64 KiB.'),
    accent: accent
      .optional()
      .describe(
        'The colour of buttons and links, `#1d5fc4`. It must be readable on white; in the dark it is made lighter.',
      ),
    css: file
      .optional()
      .describe(
        'File with a style sheet that comes after ours, at most 32 KiB. It may name no address: pages ask for nothing elsewhere.',
      ),
    links: z
      .array(
        z.strictObject({
          title: line.min(1).max(40).describe('What the link says.'),
          url: link.describe('Where it leads: a page, or `mailto:` an address.'),
        }),
      )
      .max(6)
      .optional()
      .describe('Links below each page, such as an imprint.'),
    help: link.optional().describe('Where somebody gets help who cannot sign in: a page, or `mailto:` an address.'),
    access: link
      .optional()
      .describe('Where somebody asks for access to whom an application is not open: a page, or `mailto:` an address.'),
  })
  .describe('Whose pages these are: name, pictures, colour and links.')
export type Branding = z.infer<typeof Branding>
