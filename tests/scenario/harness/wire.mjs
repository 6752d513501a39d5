// SPDX-License-Identifier: Apache-2.0
// The messages of proto/fenqi.proto and the check of what fenqid signed: those of the client that
// storefronts copy.
export { digest, encodeRequest, isSigned, openReply, rawPublicKey, REPLY_TYPE, STATUS_TYPE } from '../../storefront/fenqi.mjs';
