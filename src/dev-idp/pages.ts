/** The pages of the development identity provider. No script, no outside request; they say plainly what they are. */

import { escapeHtml } from '../escape-html.ts'

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1f2328, #e6e8eb); --soft: light-dark(#5c6570, #a3abb5);
  --line: light-dark(#8a929c, #6b747f); --paper: light-dark(#ffffff, #16191d); --card: light-dark(#f6f7f9, #1e2227);
  --accent: light-dark(#0b5cad, #7cb7f5); --on-accent: light-dark(#ffffff, #0d1b2a); --bad: light-dark(#a1260d, #ff9b85); }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: min(22rem, 100% - 2rem); margin: 12vh auto 2rem }
h1 { font-size: 20px; margin: 0 0 4px }
p { margin: 0 0 16px; color: var(--soft); font-size: 14px; overflow-wrap: anywhere }
.notice { border: 1px dashed var(--line); border-radius: 8px; padding: 8px 12px; background: var(--card) }
.bad { color: var(--bad) }
label { display: block; font-size: 14px; margin: 16px 0 4px }
input { width: 100%; min-height: 44px; padding: 8px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--paper); color: inherit; font: inherit }
button { width: 100%; min-height: 44px; margin-top: 24px; border: 0; border-radius: 8px; background: var(--accent);
  color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer }
button.quiet { margin-top: 12px; background: none; border: 1px solid var(--line); color: inherit }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
`

/** A whole page. `content` is HTML. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`
}

export const notice =
  '<p class="notice">Development identity provider. Its users are made up; never use it for real ones.</p>'

/** A form with the fields `username` and `password`. */
export function loginPage({
  action,
  clientId,
  username = '',
  error,
  hasCancel = false,
}: {
  action: string
  clientId: string
  username?: string
  error?: string
  hasCancel?: boolean
}): string {
  const message = error === undefined ? '' : `<p class="bad" id="input-error" role="alert">${escapeHtml(error)}</p>`
  return page(
    'Sign in to your account',
    `<p>to continue to ${escapeHtml(clientId)}</p>
${notice}
<form id="kc-form-login" action="${escapeHtml(action)}" method="post">
${message}
<label for="username">Username or email</label>
<input id="username" name="username" value="${escapeHtml(username)}" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<input type="hidden" name="credentialId" value="">
<button id="kc-login" name="login" type="submit" value="Sign In">Sign in</button>
</form>${hasCancel ? cancelForm(action) : ''}`,
  )
}

/** A form of its own: a browser that fills in the other one must not press its button. */
function cancelForm(action: string): string {
  return `
<form action="${escapeHtml(action)}" method="post">
<button class="quiet" name="cancel" type="submit" value="yes">Cancel</button>
</form>`
}

/** Asked only when the application sends `prompt=consent`. */
export function consentPage({ action, clientId }: { action: string; clientId: string }): string {
  return page(
    `Grant access to ${clientId}`,
    `${notice}
<form action="${escapeHtml(action)}" method="post"><button name="accept" type="submit" value="yes">Yes, grant access</button></form>`,
  )
}

/** Asked when someone signs out without a valid `id_token_hint`. `form` is oidc-provider's, already safe. */
export function logoutPage(form: string): string {
  return page(
    'Do you want to log out?',
    `${form}\n<button form="op.logoutForm" name="logout" value="yes" type="submit">Log out</button>`,
  )
}

export function loggedOutPage(): string {
  return page('You are logged out', notice)
}

/** Keycloak's error page: the sentence is in an element with the id `kc-error-message`. */
export function errorPage(message: string): string {
  return page(
    'We are sorry...',
    `<div id="kc-error-message"><p class="instruction bad">${escapeHtml(message)}</p></div>\n${notice}`,
  )
}
