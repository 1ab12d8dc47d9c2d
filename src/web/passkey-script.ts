/**
 * The script of the pages that ask for a passkey. What says that there are none stays without it. Browsers give passkeys to scripts alone. It asks when the button is pressed, puts the answer
 * into the form and sends it; it calls nobody. The policy of the page names its hash.
 */
export const passkeyScript = `
const form = document.getElementById('passkey')
const said = document.getElementById('passkey-said')
const { kind, options, failed } = form.dataset
const say = (text) => { said.textContent = text; said.hidden = false }
const able = window.PublicKeyCredential?.parseCreationOptionsFromJSON !== undefined
form.hidden = !able
said.hidden = able
form.addEventListener('submit', async (event) => {
  if (form.elements.answer.value !== '') return
  event.preventDefault()
  said.hidden = true
  try {
    const asked = JSON.parse(options)
    const credential = kind === 'create'
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) })
    form.elements.answer.value = JSON.stringify(credential)
    form.submit()
  } catch {
    say(failed)
  }
})
`
