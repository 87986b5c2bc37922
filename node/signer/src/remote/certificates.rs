//! Certificates for a signer and its nodes, made in one go. The authority's key is never written: what it signed is all
//! that it ever signs.

use super::{RemoteError, SERVER_NAME, TlsFiles};
use crate::files;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use std::path::Path;

/// Makes `folder` with `authority.pem`, and a certificate and a key for the signer (`signer.pem`, `signer.key`) and for
/// each node (`NAME.pem`, `NAME.key`). Nothing is overwritten.
///
/// # Errors
/// [`RemoteError::Key`] names the file that is there already or cannot be written.
pub fn issue(folder: &Path, nodes: &[String]) -> Result<(), RemoteError> {
    let failed = |error: rcgen::Error| RemoteError::Tls(error.to_string());
    for name in ["signer"].into_iter().chain(nodes.iter().map(String::as_str)) {
        let names = TlsFiles::named(folder, name);
        for path in [names.authority, names.certificate, names.key] {
            files::refuse_existing(&path)?;
        }
    }
    files::make_folder(folder)?;
    let authority_key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Palisade remote signing");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority = params.self_signed(&authority_key).map_err(failed)?;
    files::create_private(&folder.join("authority.pem"), authority.pem().as_bytes())?;
    let sign = |name: &str, purpose| leaf(folder, name, purpose, &authority, &authority_key);
    sign("signer", ExtendedKeyUsagePurpose::ServerAuth)?;
    for node in nodes {
        sign(node, ExtendedKeyUsagePurpose::ClientAuth)?;
    }
    Ok(())
}

fn leaf(
    folder: &Path,
    name: &str,
    purpose: ExtendedKeyUsagePurpose,
    authority: &Certificate,
    authority_key: &KeyPair,
) -> Result<(), RemoteError> {
    let failed = |error: rcgen::Error| RemoteError::Tls(error.to_string());
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(vec![SERVER_NAME.to_owned()]).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![purpose];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let certificate = params.signed_by(&key, authority, authority_key).map_err(failed)?;
    let files = TlsFiles::named(folder, name);
    crate::files::create_private(&files.certificate, certificate.pem().as_bytes())?;
    crate::files::create_private(&files.key, key.serialize_pem().as_bytes())?;
    Ok(())
}
