//! Applications of real components, served and called over HTTP.

#[cfg(test)]
mod budgets;
#[cfg(test)]
mod callers_of_egress;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod crowds_at_egress;
#[cfg(test)]
mod egress;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod own_answers;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod redis_tls;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod state;
#[cfg(test)]
mod support;
#[cfg(test)]
mod two_way_tls;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod vault;
