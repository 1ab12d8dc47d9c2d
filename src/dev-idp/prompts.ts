import { interactionPolicy } from 'oidc-provider'

/** As the vendors do it, the form is shown for `prompt=select_account` as well; oidc-provider would call the value unknown. */
export function promptsWithAccounts(): ReturnType<typeof interactionPolicy.base> {
  const { base, Check, Prompt } = interactionPolicy
  const policy = base()
  const reason = 'select_account_prompt'
  const prompt = new Prompt({ name: 'select_account', requestable: true })
  prompt.checks.remove(reason)
  policy.add(prompt)
  policy
    .get('login')
    ?.checks.add(
      new Check(reason, 'account selection is required', 'account_selection_required', ({ oidc }) =>
        oidc.promptPending('select_account'),
      ),
    )
  return policy
}
