// What an API does with a token: jsonwebtoken checks it against the issuer's published keys.

const { createPublicKey } = require('node:crypto')
const jwt = require('jsonwebtoken')

exports.verified = async (token) => {
  const { keys } = await (await fetch(process.env.JWKS)).json()
  const { kid } = jwt.decode(token, { complete: true }).header
  const key = createPublicKey({ key: keys.find((key) => key.kid === kid), format: 'jwk' })
  return jwt.verify(token, key, { algorithms: ['RS256'], issuer: process.env.ISSUER })
}

exports.report = (found) => console.log(JSON.stringify(found))
