//! Choice of the arithmetic that a key works with.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::arithmetic::Exact;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
use crate::arithmetic::Fused;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use crate::arithmetic::Scalar;
use crate::error::KeyError;
use crate::private::{Parts, Private};
use crate::public::Public;
use crate::words::Words;

/// Arithmetic that a key works with. All give the same results.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kernel {
    /// 51-bit limbs with fused multiply-add: needs relaxed SIMD, and an engine that fuses.
    Fused,
    /// 23- or 24-bit limbs in doubles: needs SIMD.
    Exact,
    /// 28-bit limbs in integers: for builds without SIMD, and native ones.
    Scalar,
}

impl Kernel {
    /// Returns the fastest kernel that is compiled in and that this engine runs.
    #[must_use]
    pub fn fastest() -> Self {
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        if Fused::is_available() {
            return Self::Fused;
        }
        if cfg!(all(target_arch = "wasm32", target_feature = "simd128")) {
            Self::Exact
        } else {
            Self::Scalar
        }
    }
}

/// A private key, prepared for a kernel.
pub(crate) enum PrivateKernel {
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    Fused(Private<Fused>),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Exact(Private<Exact>),
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Scalar(Private<Scalar<2>>),
}

/// A public key, prepared for a kernel.
pub(crate) enum PublicKernel {
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    Fused(Public<Fused>),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Exact(Public<Exact>),
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Scalar(Public<Scalar<1>>),
}

/// Evaluates `$then` with `$inner` bound to what the kernel holds.
macro_rules! dispatch {
    ($kernel:expr, $type:ident, $inner:pat => $then:expr) => {
        match $kernel {
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            $type::Fused($inner) => $then,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            $type::Exact($inner) => $then,
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            $type::Scalar($inner) => $then,
        }
    };
}

impl PrivateKernel {
    pub(crate) fn new(kernel: Kernel, parts: &Parts) -> Result<Self, KeyError> {
        match kernel {
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Kernel::Fused if Fused::is_available() => Ok(Self::Fused(Private::new(parts))),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Kernel::Exact => Ok(Self::Exact(Private::new(parts))),
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Kernel::Scalar => Ok(Self::Scalar(Private::new(parts))),
            _ => Err(KeyError::Kernel),
        }
    }

    pub(crate) fn random_words(&self) -> usize {
        dispatch!(self, PrivateKernel, private => private.random_words())
    }

    pub(crate) fn apply(&self, message: &[u32], random: [&[u32]; 2]) -> Option<Words> {
        dispatch!(self, PrivateKernel, private => private.apply(message, random))
    }
}

impl PublicKernel {
    pub(crate) fn new(kernel: Kernel, modulus: &[u32], exponent: u32) -> Result<Self, KeyError> {
        match kernel {
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Kernel::Fused if Fused::is_available() => {
                Ok(Self::Fused(Public::new(modulus, exponent)))
            }
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Kernel::Exact => Ok(Self::Exact(Public::new(modulus, exponent))),
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Kernel::Scalar => Ok(Self::Scalar(Public::new(modulus, exponent))),
            _ => Err(KeyError::Kernel),
        }
    }

    pub(crate) fn apply(&self, number: &[u32]) -> Words {
        dispatch!(self, PublicKernel, public => public.apply(number))
    }
}
