import { createServer, type IncomingMessage, type Server } from 'node:http'

/** A small service without a login: it shows who the gate says you are. */
export function createDemoService(): Server {
  return createServer((request, response) => {
    if (request.url === '/healthcheck') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
      return
    }
    const body = page(request)
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    })
    response.end(body)
  })
}

function page(request: IncomingMessage): string {
  const user = escapeHtml(
    text(request.headers['x-auth-request-preferred-username']) || text(request.headers['x-auth-request-user']),
  )
  const rows = [
    ['User', user],
    ['E-mail', escapeHtml(text(request.headers['x-auth-request-email'])) || 'none'],
    ['Teams', escapeHtml(text(request.headers['x-auth-request-groups'])) || 'none'],
    ['Page', escapeHtml(request.url ?? '/')],
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo service</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#f6f7f8, #14171a); color: light-dark(#1a1f24, #e8eaed) }
main { max-width: 34rem; margin: 0 auto; padding: clamp(32px, 12vh, 128px) 16px 48px }
h1 { font-size: 20px; margin: 0 0 8px }
table { border-collapse: collapse; width: 100%; margin: 24px 0; background: light-dark(#fff, #1c2025); border: 1px solid light-dark(#d5dade, #383f47); border-radius: 8px }
th { text-align: left; font-weight: 500; color: light-dark(#59626b, #a2abb4); width: 8rem }
th, td { padding: 12px 16px; border-bottom: 1px solid light-dark(#d5dade, #383f47); overflow-wrap: anywhere }
tr:last-child > * { border-bottom: 0 }
a { color: light-dark(#1d5fc4, #8ab4f8); margin-right: 24px }
:focus-visible { outline: 2px solid; outline-offset: 2px }
</style></head>
<body><main>
<h1>Hello, ${user}</h1>
<p>This service has no login. The gate in front of it signed you in and tells it who you are:</p>
<table>${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join('')}</table>
<p><a href="/admin">Page for data-admins</a><a href="/oauth2/sign_out">Sign out</a></p>
</main></body></html>
`
}

function text(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
