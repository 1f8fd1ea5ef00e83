// SigV4 signing with the AWS SDK's own signer, so that requests are signed by code the gateway's authors did not write.

'use strict';

const { Sha256 } = require('@aws-crypto/sha256-js');
const { SignatureV4 } = require('@smithy/signature-v4');

// A function that gives the headers to send: those given, of which Host must be one, and the ones that signing adds.
function signerWith({ accessKeyId, secretAccessKey, sessionToken }) {
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  const signer = new SignatureV4({ service: 'iam-mcp', region: 'us-east-1', credentials, sha256: Sha256 });
  return async (method, url, headers, body) => {
    const { protocol, hostname, pathname, searchParams } = url;
    const query = Object.fromEntries(searchParams);
    const signed = await signer.sign({ method, protocol, hostname, path: pathname, query, headers, body });
    return signed.headers;
  };
}

module.exports = { signerWith };
