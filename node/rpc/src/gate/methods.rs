//! The methods that are served, by path: from the descriptors, so that no list has to be kept by hand.

use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A method's name as metrics and limits know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Method {
    pub(crate) service: Arc<str>,
    pub(crate) name: Arc<str>,
    /// Whether its answer is a stream.
    pub(crate) streams: bool,
}

/// Every method by its path, such as `/palisade.node.v1.NodeService/GetNodeInfo`.
#[derive(Debug)]
pub(crate) struct Methods {
    known: BTreeMap<String, Method>,
    /// What nobody serves: one name for all of it, or a stranger could make up as many labels as he likes.
    unknown: Method,
}

impl Methods {
    /// The methods of encoded descriptor sets.
    pub(crate) fn new(sets: &[&[u8]]) -> Result<Self, prost::DecodeError> {
        let mut known = BTreeMap::new();
        for set in sets {
            for file in FileDescriptorSet::decode(*set)?.file {
                for service in &file.service {
                    let full: Arc<str> = format!("{}.{}", file.package(), service.name()).into();
                    for method in &service.method {
                        let path = format!("/{full}/{}", method.name());
                        let (service, name) = (full.clone(), method.name().into());
                        known.insert(
                            path,
                            Method {
                                service,
                                name,
                                streams: method.server_streaming(),
                            },
                        );
                    }
                }
            }
        }
        let unknown = Method {
            service: "unknown".into(),
            name: "unknown".into(),
            streams: false,
        };
        Ok(Self { known, unknown })
    }

    /// The method at a path.
    pub(crate) fn get(&self, path: &str) -> Method {
        self.known.get(path).unwrap_or(&self.unknown).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_known_from_the_descriptors_and_strangers_share_one_name() {
        let methods = Methods::new(&[proto::FILE_DESCRIPTOR_SET]).unwrap();
        assert!(
            methods
                .get("/palisade.tx.v1.TransactionService/WaitTransaction")
                .streams
        );
        assert!(!methods.get("/palisade.node.v1.NodeService/GetNodeInfo").streams);
        assert_eq!(methods.get("/a/b"), methods.get("/c/d"));
        assert!(Methods::new(&[&[0xff]]).is_err());
    }
}
