# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "github"
c.GitHubOAuthenticator.github_url = "https://github.com"
c.GitHubOAuthenticator.client_id = "Ov23liEXAMPLE01234ab"
c.GitHubOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GitHubOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"
# Without this scope JupyterHub sees only public members.
c.GitHubOAuthenticator.scope = ["read:org"]
c.GitHubOAuthenticator.allowed_organizations = {"example", "example:data-admins"}
