// A token by @vtfk/maskinporten-auth, with an enterprise certificate.

const getToken = require('@vtfk/maskinporten-auth')
const { verified, report } = require('./verified.cjs')

const { env } = process
const base64 = (text) => Buffer.from(text).toString('base64')
getToken({
  url: env.TOKEN_ENDPOINT,
  audience: env.ISSUER,
  issuer: env.MASKINPORTEN_CLIENT_ID,
  scope: env.SCOPE,
  pemcert: base64(env.CERTIFICATE),
  pemprivateKey: base64(env.PRIVATE_KEY)
}).then(async (token) => {
  report({ claims: await verified(token.access_token), expires_in: token.expires_in })
})
