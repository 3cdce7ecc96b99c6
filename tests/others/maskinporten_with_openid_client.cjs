// A token by openid-client 6, which finds the endpoint in the metadata; or its account of the refusal.

const { createPrivateKey, randomUUID } = require('node:crypto')
const { pathToFileURL } = require('node:url')
const { verified, report } = require('./verified.cjs')

const { env } = process
const load = (name) => import(pathToFileURL(require.resolve(name)))

const main = async () => {
  const [client, jose] = await Promise.all([load('openid-client'), load('jose')])
  const config = await client.discovery(
    new URL(env.ISSUER),
    env.MASKINPORTEN_CLIENT_ID,
    undefined,
    client.None(),
    { algorithm: 'oauth2' }
  )
  const { issuer } = config.serverMetadata()
  const assertion = await new jose.SignJWT({ scope: env.SCOPE })
    .setProtectedHeader({ alg: 'RS256', kid: env.KID })
    .setAudience(issuer)
    .setIssuer(env.MASKINPORTEN_CLIENT_ID)
    .setIssuedAt()
    .setExpirationTime('100s')
    .setJti(randomUUID())
    .sign(createPrivateKey(env.PRIVATE_KEY))
  const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  try {
    const token = await client.genericGrantRequest(config, grantType, { assertion })
    report({ claims: await verified(token.access_token), expires_in: token.expires_in })
  } catch (error) {
    if (!(error instanceof client.ResponseBodyError)) throw error
    report({ status: error.status, error: error.error, description: error.error_description })
  }
}

main()
