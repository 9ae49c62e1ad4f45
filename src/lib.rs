//! everbus
