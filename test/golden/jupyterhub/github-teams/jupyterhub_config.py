# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "github"
c.GitHubOAuthenticator.github_url = "https://github.com"
c.GitHubOAuthenticator.client_id = "hub"
c.GitHubOAuthenticator.client_secret = os.environ["GITHUB_CLIENT_SECRET"]
c.GitHubOAuthenticator.oauth_callback_url = "https://hub.example.com/hub/oauth_callback"
# Without this scope JupyterHub sees only public members.
c.GitHubOAuthenticator.scope = ["read:org"]
c.GitHubOAuthenticator.allowed_organizations = {"partners", "acme:data-platform"}
