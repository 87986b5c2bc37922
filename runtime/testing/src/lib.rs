//! The Chain harness, generators and reference models. A dev-dependency only.
