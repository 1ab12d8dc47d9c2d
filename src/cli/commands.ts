import type { CommandGroup, CommandRow } from './command.ts'

/** Every command, in the order of the help. Only the file of the called command is loaded. */
export const commands: readonly (CommandRow | CommandGroup)[] = [
  {
    name: 'init',
    line: 'write a first gatehouse.yaml for your provider, or for local accounts',
    load: async () => (await import('./init.ts')).declareInit,
  },
  {
    name: 'serve',
    line: 'sign people in: login pages, OpenID Provider, gate',
    load: async () => (await import('./serve.ts')).declareServe,
  },
  {
    name: 'render',
    line: "write every product's own configuration files",
    load: async () => (await import('./render.ts')).declareRender,
  },
  {
    name: 'import',
    line: 'turn the configuration of another tool into a gatehouse.yaml',
    load: async () => (await import('./import.ts')).declareImport,
  },
  {
    name: 'check',
    line: 'validate the configuration: every problem, file:line:column',
    load: async () => (await import('./check.ts')).declareCheck,
  },
  {
    name: 'doctor',
    line: 'check providers, products, services and the store without logging in',
    load: async () => (await import('./doctor.ts')).declareDoctor,
  },
  {
    name: 'explain',
    line: 'explain an error, or show the whole trace of one login',
    load: async () => (await import('./explain.ts')).declareExplain,
  },
  {
    name: 'audit',
    line: 'list sign-ins, failures and changes: who, when, what, from where',
    load: async () => (await import('./audit.ts')).declareAudit,
  },
  {
    name: 'dev-idp',
    line: "an identity provider with a vendor's quirks, for laptops and tests",
    load: async () => (await import('./dev-idp.ts')).declareDevIdp,
  },
  {
    name: 'users',
    line: 'manage local accounts and the people who have signed in',
    commands: [
      {
        name: 'add',
        line: 'create a local account',
        load: async () => (await import('./users/add.ts')).declareAdd,
      },
      {
        name: 'list',
        line: 'list all users',
        load: async () => (await import('./users/list.ts')).declareList,
      },
      {
        name: 'show',
        line: 'show who a person is: identities, teams and why, sessions',
        load: async () => (await import('./users/show.ts')).declareShow,
      },
      {
        name: 'change',
        line: 'change e-mail, name, teams, or whether it is an administrator',
        load: async () => (await import('./users/change.ts')).declareChange,
      },
      {
        name: 'rename',
        line: 'give a person another username',
        load: async () => (await import('./users/rename.ts')).declareRename,
      },
      {
        name: 'link',
        line: 'say that somebody at a provider is this person',
        load: async () => (await import('./users/link.ts')).declareLink,
      },
      {
        name: 'sessions',
        line: 'list the sessions of a person, and end them',
        load: async () => (await import('./users/sessions.ts')).declareSessions,
      },
      {
        name: 'deactivate',
        line: 'end every session of a user and keep them out',
        load: async () => (await import('./users/set-active.ts')).declareDeactivate,
      },
      {
        name: 'activate',
        line: 'let a user in again',
        load: async () => (await import('./users/set-active.ts')).declareActivate,
      },
      {
        name: 'password',
        line: 'set a password and end every session',
        load: async () => (await import('./users/password.ts')).declarePassword,
      },
      {
        name: 'reset',
        line: 'print a link with which a person chooses a new password',
        load: async () => (await import('./users/reset.ts')).declareReset,
      },
      {
        name: 'second-factor',
        line: 'show the second factor of a person, or take it away',
        load: async () => (await import('./users/second-factor.ts')).declareSecondFactor,
      },
      {
        name: 'remove',
        line: 'remove a person and end every session',
        load: async () => (await import('./users/remove.ts')).declareRemove,
      },
    ],
  },
  {
    name: 'clients',
    line: 'show products that sign in through this server',
    commands: [
      {
        name: 'list',
        line: 'list clients and their redirect URIs',
        load: async () => (await import('./clients/list.ts')).declareList,
      },
      {
        name: 'secret',
        line: 'print the client secret that a product needs',
        load: async () => (await import('./clients/secret.ts')).declareSecret,
      },
    ],
  },
  {
    name: 'store',
    line: 'back up, restore and check what the server keeps',
    commands: [
      {
        name: 'backup',
        line: 'copy the store into one file while servers run',
        load: async () => (await import('./store/backup.ts')).declareBackup,
      },
      {
        name: 'restore',
        line: 'put a backup in the place of the store',
        load: async () => (await import('./store/restore.ts')).declareRestore,
      },
      {
        name: 'check',
        line: 'whether the store is whole, of this version, and sealed with this key',
        load: async () => (await import('./store/check.ts')).declareCheck,
      },
    ],
  },
]
