//! The gRPC services: one file each, protobuf to domain and back.
