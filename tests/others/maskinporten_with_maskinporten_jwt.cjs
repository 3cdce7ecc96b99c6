// A token by maskinporten-jwt, with a registered key.

// It takes this global for granted, which Node.js has had since its version 20.
globalThis.crypto ??= require('node:crypto').webcrypto

const { getMaskinportToken } = require('maskinporten-jwt')
const { verified, report } = require('./verified.cjs')

const { env } = process
getMaskinportToken({
  Audience: env.ISSUER,
  Endpoint: env.TOKEN_ENDPOINT,
  Issuer: env.MASKINPORTEN_CLIENT_ID,
  KID: env.KID,
  PrivateKey: env.PRIVATE_KEY,
  Scopes: env.SCOPE
}).then(async (token) => {
  report({ claims: await verified(token.access_token), expires_in: token.expires_in })
})
