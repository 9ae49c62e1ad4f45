//! The one difference between the platforms: natively everything is `Send + Sync`, in WebAssembly
//! these bounds vanish, because JavaScript values stay on their thread.

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::pin::Pin;

    /// `Send` natively, nothing in WebAssembly.
    pub trait MaybeSend: Send {}
    impl<T: Send + ?Sized> MaybeSend for T {}

    /// `Sync` natively, nothing in WebAssembly.
    pub trait MaybeSync: Sync {}
    impl<T: Sync + ?Sized> MaybeSync for T {}

    /// A boxed future: `Send` natively, any in WebAssembly.
    pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    /// Who is told of something: `Send + Sync` natively, anybody in WebAssembly.
    pub type Callback<T> = Box<dyn Fn(T) + Send + Sync>;
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::pin::Pin;

    /// `Send` natively, nothing in WebAssembly.
    pub trait MaybeSend {}
    impl<T: ?Sized> MaybeSend for T {}

    /// `Sync` natively, nothing in WebAssembly.
    pub trait MaybeSync {}
    impl<T: ?Sized> MaybeSync for T {}

    /// A boxed future: `Send` natively, any in WebAssembly.
    pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

    /// Who is told of something: `Send + Sync` natively, anybody in WebAssembly.
    pub type Callback<T> = Box<dyn Fn(T)>;
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::*;
#[cfg(target_arch = "wasm32")]
pub use wasm::*;

/// The pointer that shares an error's cause.
pub type Shared<T> = std::sync::Arc<T>;

/// An error of any type that may be shared as far as the platform shares anything.
pub trait AnyError: std::error::Error + MaybeSend + MaybeSync {
    /// For looking behind the trait object.
    fn as_any(&self) -> &dyn std::any::Any;
}
