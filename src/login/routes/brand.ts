import { brandPath } from '../../web/brand.ts'
import type { Routes } from '../desk.ts'

/** Whatever is in a picture, opened by itself it runs nothing and asks for nothing. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

/** The pictures of the operator. Their names hold a digest of what is in them. */
export const brandRoutes: Routes = (app, { options }) => {
  const { files } = options.looks.brand

  app.get(`${brandPath}:name`, (c) => {
    const file = files.get(c.req.param('name'))
    if (file === undefined) return c.notFound()
    c.header('content-type', file.mediaType)
    c.header('cache-control', 'public, max-age=31536000, immutable')
    c.header('content-security-policy', policy)
    // Error pages of services show them too, which are other sites to a browser.
    c.header('cross-origin-resource-policy', 'cross-origin')
    return c.body(file.bytes)
  })
}
